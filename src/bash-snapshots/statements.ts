import type { Token } from "./sql-tokens.ts";

/**
 * What a statement of a dump asks for. `sql` is put together from the tokens, so that SQLite reads what was looked at,
 * and nothing else.
 */
export type Statement =
  | { readonly kind: "begin" | "commit" | "failed" | "skipped" | "refused" }
  | { readonly kind: "table" | "row"; readonly table: string; readonly sql: string };

/** In a definition of a table these would have SQLite evaluate something, or read another table. */
const EVALUATED: ReadonlySet<string> = new Set([
  "AS",
  "SELECT",
  "WITH",
  "CHECK",
  "GENERATED",
  "VALUES",
  "RAISE",
]);

/** The shell nests one call for LF into one for CR. */
const DEEPEST = 2;

/**
 * Judges a statement of a dump by SQLite's shell, which somebody else made. What may be run: a table's definition
 * without anything that SQLite would evaluate (its defaults are not: each row gives all values), and one row of
 * literals. Of functions only those by which the shell writes line ends, and each in the form in which its result is no
 * longer than what it is given. What would change nothing is passed over; all else is refused.
 */
export function judge(tokens: readonly Token[]): Statement {
  const words = tokens.slice(0, 4).map(({ kind, text }) => (kind === "word" ? text.toUpperCase() : text));
  switch (words[0]) {
    case "PRAGMA":
      return textOf(tokens.slice(1)).toLowerCase() === "foreign_keys = off" ? { kind: "skipped" } : REFUSED;
    case "BEGIN":
      return tokens.length === 1 || words[1] === "TRANSACTION" ? { kind: "begin" } : REFUSED;
    case "COMMIT":
      return tokens.length === 1 ? { kind: "commit" } : REFUSED;
    case "ROLLBACK":
      return { kind: "failed" };
    case "CREATE":
      if (words[1] === "INDEX" || (words[1] === "UNIQUE" && words[2] === "INDEX")) return { kind: "skipped" };
      return words[1] === "TABLE" ? judgeTable(tokens.slice(2), tokens) : REFUSED;
    case "INSERT":
      return words[1] === "INTO" ? judgeRow(tokens.slice(2), tokens) : REFUSED;
    default:
      return REFUSED;
  }
}

const REFUSED: Statement = { kind: "refused" };

/** [IF NOT EXISTS] name (…): nothing after the last bracket. */
function judgeTable(rest: readonly Token[], whole: readonly Token[]): Statement {
  const isConditional = ["IF", "NOT", "EXISTS"].every((word, index) => isWord(rest[index], word));
  const [name, ...body] = isConditional ? rest.slice(3) : rest;
  const table = nameOf(name);
  if (table === undefined || endOfBrackets(body) !== body.length) return REFUSED;
  const isEvaluated = body.some(({ kind, text }) => kind === "word" && EVALUATED.has(text.toUpperCase()));
  return isEvaluated ? REFUSED : { kind: "table", table, sql: textOf(whole) };
}

/** name VALUES (value, …) */
function judgeRow([name, values, ...list]: readonly Token[], whole: readonly Token[]): Statement {
  const table = nameOf(name);
  if (table === undefined || !isWord(values, "VALUES") || !isSign(list[0], "(")) return REFUSED;
  let at = 0;
  do {
    const end = endOfValue(list, at + 1);
    if (end === undefined) return REFUSED;
    at = end;
  } while (isSign(list[at], ","));
  return isSign(list[at], ")") && at === list.length - 1
    ? { kind: "row", table, sql: textOf(whole) }
    : REFUSED;
}

/** The position after the value that begins at `at`; undefined when there is none that may be there. */
function endOfValue(tokens: readonly Token[], at: number, depth = 0): number | undefined {
  const token = tokens[at];
  if (token === undefined) return undefined;
  if (token.kind === "string" || token.kind === "blob" || token.kind === "number" || isWord(token, "NULL"))
    return at + 1;
  if (isSign(token, "-") || isSign(token, "+")) return tokens[at + 1]?.kind === "number" ? at + 2 : undefined;
  if (depth >= DEEPEST || !isSign(tokens[at + 1], "(")) return undefined;
  if (isWord(token, "UNISTR"))
    return tokens[at + 2]?.kind === "string" && isSign(tokens[at + 3], ")") ? at + 4 : undefined;
  return isWord(token, "REPLACE") ? endOfReplace(tokens, at + 2, depth) : undefined;
}

/** value, 'mark', char(10)) or char(13)): one byte in place of a mark of at least one. */
function endOfReplace(tokens: readonly Token[], at: number, depth: number): number | undefined {
  const end = endOfValue(tokens, at, depth + 1);
  if (end === undefined) return undefined;
  const call = tokens.slice(end, end + 8);
  const mark = call[1];
  const isMark = mark?.kind === "string" && mark.text.length > "''".length;
  const isRight = [",", undefined, ",", "CHAR", "(", undefined, ")", ")"].every(
    (text, index) => text === undefined || call[index]?.text.toUpperCase() === text,
  );
  return isMark && isRight && ["10", "13"].includes(call[5]?.text ?? "") ? end + call.length : undefined;
}

/** The position after the bracket that closes the one at the beginning; -1 when there is none. */
function endOfBrackets(tokens: readonly Token[]): number {
  let depth = 0;
  for (const [index, token] of tokens.entries()) {
    if (isSign(token, "(")) depth += 1;
    if (isSign(token, ")")) depth -= 1;
    if (depth === 0) return index === 0 ? -1 : index + 1;
  }
  return -1;
}

function nameOf(token: Token | undefined): string | undefined {
  if (token?.kind === "word") return token.text;
  return token?.kind === "name" ? token.text.slice(1, -1) : undefined;
}

function isWord(token: Token | undefined, word: string): boolean {
  return token?.kind === "word" && token.text.toUpperCase() === word;
}

function isSign(token: Token | undefined, sign: string): boolean {
  return token?.kind === "sign" && token.text === sign;
}

function textOf(tokens: readonly Token[]): string {
  return tokens.map(({ text }) => text).join(" ");
}
