/** Something the person at the keyboard can mend: its message is a sentence to print, without a stack. */
export class LabError extends Error {
  override readonly name = "LabError";
}
