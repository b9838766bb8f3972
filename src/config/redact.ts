/** The patterns of a list of secrets, made once for each list. */
const known = new WeakMap<readonly string[], readonly RegExp[]>();

/**
 * Replaces every secret, in whatever form a program may write it (as it is, percent-encoded, quoted as Go or JSON
 * does), and the user and password of any address, by stars.
 * @param secrets longest first, as `worthHiding` gives them
 */
export function redact(text: string, secrets: readonly string[]): string {
  const patterns = known.get(secrets) ?? secrets.map(patternOf);
  known.set(secrets, patterns);
  return hideUserInfo(patterns.reduce((rest, pattern) => rest.replaceAll(pattern, "***"), text));
}

/** The same data with every text in it redacted: done before it becomes JSON, so that what comes out stays JSON. */
export function redactDeep(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === "string") return redact(value, secrets);
  if (Array.isArray(value)) return value.map((part) => redactDeep(part, secrets));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, redactDeep(part, secrets)]));
}

/**
 * All between "://" and the last "@" before white space: a password may hold "/" and "@". And of a password with "/" or
 * "#" what Go takes for a port: `parse "http://user:pass": invalid port ":pass" after host` (seen on restic 0.14 to
 * 0.19).
 */
function hideUserInfo(text: string): string {
  return text
    .replaceAll(/\S+/g, (word) => {
      const start = word.indexOf("://");
      const end = word.lastIndexOf("@");
      return start >= 0 && end > start ? `${word.slice(0, start + 3)}***${word.slice(end)}` : word;
    })
    .replaceAll(/(:\/\/[^\s/@:"'[\]]*:)([^\s/"'?#]+)/g, (all, before: string, port: string) =>
      /^\d*\W*$/.test(port) ? all : `${before}***`,
    )
    .replaceAll(/invalid port "(?:[^"\\]|\\.)*"/g, 'invalid port "***"');
}

/**
 * A quoted text may be quoted once more: each backslash is doubled each time. No more often, so that it takes no time.
 */
const ESCAPED = "\\\\{1,8}";

/**
 * A run of backslashes, with the quote after it, is one unit: who quotes doubles them, and adds one before the quote.
 */
function patternOf(secret: string): RegExp {
  const units = secret.match(/\\*"|\\+|[^\\"]/gu) ?? [];
  return new RegExp(
    units.map((unit) => (/^["\\]/.test(unit) ? backslashes(unit) : formsOf(unit))).join(""),
    "gu",
  );
}

function backslashes(unit: string): string {
  const count = unit.replace('"', "").length;
  const run = count === 0 ? "\\\\{0,4}" : `(?:\\\\|%5[cC]){${count},${4 * count + 4}}`;
  return unit.endsWith('"') ? `${run}(?:"|%22|u0022)` : run;
}

/** Go's escapes of one letter: https://pkg.go.dev/strconv#Quote. JSON has the same but \v and \a. */
const LETTERS: Readonly<Record<string, string>> = {
  "\n": "n",
  "\r": "r",
  "\t": "t",
  "\b": "b",
  "\f": "f",
  "\v": "v",
  "\u0007": "a",
};

/** One character in all its forms, as a regular expression. */
function formsOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const escapes = [
    // Beyond the first 65,536 JSON writes two, one after the other.
    Array.from({ length: character.length }, (_, at) => `u${hex(character.charCodeAt(at), 4)}`).join(ESCAPED),
    `U${hex(code, 8)}`,
    `x${hex(code, 2)}`,
    ...(LETTERS[character] ?? []),
  ];
  const plain = character.replace(/[$()*+./?[\]^{|}]/, "\\$&");
  return `(?:${plain}|${percentEncoded(character)}${character === " " ? "|\\+" : ""}|${ESCAPED}(?:${escapes.join("|")}))`;
}

function percentEncoded(character: string): string {
  return [...Buffer.from(character)].map((byte) => `%${hex(byte, 2)}`).join("");
}

/** Hexadecimal digits in either case. */
function hex(number: number, length: number): string {
  const digits = number.toString(16).padStart(length, "0");
  return digits.replaceAll(/[a-f]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
}
