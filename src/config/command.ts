/** A run of quoted parts and characters that are neither quotes nor white space. */
const WORD = /(?:"[^"]*"|'[^']*'|[^\s"'])+/g;

/**
 * Splits a command into its words at white space; "double" and 'single' quotes keep white space inside a word.
 * No shell is involved: nothing is expanded, and a backslash is an ordinary character.
 * @returns undefined when there is no word, or a quote is not closed
 */
export function splitCommand(text: string): [string, ...string[]] | undefined {
  const leftOver = text.replaceAll(WORD, "").trim();
  if (leftOver !== "") return undefined;
  const words = text.match(WORD) ?? [];
  const [program, ...args] = words.map((word) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, "$1$2"));
  return program ? [program, ...args] : undefined;
}
