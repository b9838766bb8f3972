/** A part of an SQL statement; blanks and comments are none. Its text is as it stands there, quotes included. */
export interface Token {
  /** `name`: an identifier in quotes; `word`: one without, or a keyword. */
  readonly kind: "word" | "name" | "string" | "blob" | "number" | "sign";
  readonly text: string;
}

/** What ends each quoted kind; doubled, it stands for itself, but for a bracket. */
const CLOSING: Readonly<Record<string, string>> = { "'": "'", '"': '"', "`": "`", "[": "]" };

const WORD = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;
const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const BLANKS = /[ \t\r\n\f]+/y;

/**
 * Splits SQL into statements as SQLite does (https://www.sqlite.org/lang.html), each without its semicolon, one at a
 * time. Linear in the text's length, whatever it holds. The last one is "cut-off" where a statement, quotation or
 * comment has no end, "strange" at a character that no statement can have there.
 */
export function* readStatements(sql: string): Generator<readonly Token[] | "cut-off" | "strange", void> {
  let statement: Token[] = [];
  for (let at = 0; at < sql.length; ) {
    const blank = endOfBlank(sql, at);
    if (blank !== at) {
      at = blank;
      continue;
    }
    if (sql[at] === ";") {
      if (statement.length > 0) yield statement;
      statement = [];
      at += 1;
      continue;
    }
    const token = readToken(sql, at);
    if (token === undefined) {
      yield CLOSING[sql[at] ?? ""] === undefined && !/x'/iy.test(sql.slice(at, at + 2))
        ? "strange"
        : "cut-off";
      return;
    }
    statement.push(token);
    at += token.text.length;
  }
  if (statement.length > 0) yield "cut-off";
}

/** Where blanks or a comment that begin there end: at the same place when there are none. */
function endOfBlank(sql: string, at: number): number {
  const blanks = match(BLANKS, sql, at);
  if (blanks !== undefined) return at + blanks.length;
  if (sql.startsWith("--", at)) return endAfter(sql, "\n", at);
  return sql.startsWith("/*", at) ? endAfter(sql, "*/", at + 2) : at;
}

function endAfter(sql: string, mark: string, from: number): number {
  const found = sql.indexOf(mark, from);
  return found < 0 ? sql.length : found + mark.length;
}

function readToken(sql: string, at: number): Token | undefined {
  const first = sql[at] ?? "";
  if ((first === "x" || first === "X") && sql[at + 1] === "'") return readQuoted(sql, at, at + 1, "blob");
  if (first === "'") return readQuoted(sql, at, at, "string");
  if (first in CLOSING) return readQuoted(sql, at, at, "name");
  const word = match(WORD, sql, at);
  if (word !== undefined) return { kind: "word", text: word };
  const number = match(NUMBER, sql, at);
  if (number !== undefined) return { kind: "number", text: number };
  return "(),.+-*=<>|/%".includes(first) ? { kind: "sign", text: first } : undefined;
}

function readQuoted(sql: string, start: number, quote: number, kind: Token["kind"]): Token | undefined {
  const closing = CLOSING[sql[quote] ?? ""] ?? "'";
  for (let at = quote + 1; ; at += 2) {
    at = sql.indexOf(closing, at);
    if (at < 0) return undefined;
    if (closing === "]" || sql[at + 1] !== closing) return { kind, text: sql.slice(start, at + 1) };
  }
}

function match(pattern: RegExp, sql: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(sql)?.[0];
}
