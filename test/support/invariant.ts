/** Something was lost, or a promise broken. */
export class InvariantViolation extends Error {
  override readonly name = "InvariantViolation";
}

export function assertInvariant(holds: boolean, what: string): asserts holds {
  if (!holds) throw new InvariantViolation(what);
}
