import type { Value } from "../../snapshot/index.ts";
import type { MariaDbColumn } from "./tables.ts";

/** Bytes of the whole-number types (https://mariadb.com/kb/en/data-types/). */
const INTEGER_BYTES: Readonly<Record<string, bigint>> = {
  tinyint: 1n,
  smallint: 2n,
  mediumint: 3n,
  int: 4n,
  bigint: 8n,
};

const DATE = /^(\d{4})-(\d\d)-(\d\d) ([01]\d|2[0-3]):[0-5]\d:[0-5]\d$/;
const TIME = /^-?(\d{2,3}):[0-5]\d:[0-5]\d$/;
/** TIME is a length of time, too: up to 838:59:59. */
const MAX_HOURS = 838;

/**
 * Why a column would refuse a value, or hold another one: MariaDB in its strictest mode still rounds 1.5 in an INT,
 * cuts blanks at the end, takes the text '2' for the second of an enum (measured on 10.11). Says what the column takes;
 * undefined when the value fits. What depends on a character set that is not Unicode has to be asked of the server.
 */
export function describeMisfit(column: MariaDbColumn, value: Value): string | undefined {
  if (value === null) return undefined;
  const { type } = column;
  const bytes = INTEGER_BYTES[type];
  if (bytes !== undefined) return misfitOfInteger(column, bytes, value);
  if (type === "double" || type === "float")
    return isNumber(value) ? undefined : "is no number that it holds";
  if (value instanceof Uint8Array) return /blob|binary/.test(type) ? undefined : "holds bytes, it holds text";
  return misfitOfWritten(column, String(value));
}

/** Of what is written as text. */
function misfitOfWritten(column: MariaDbColumn, text: string): string | undefined {
  switch (column.type) {
    case "datetime":
      return isDate(text) ? undefined : "is no date and time, as 2026-11-26 12:00:00 is";
    case "time":
      return isTime(text) ? undefined : "is no time of day, as 12:00:00 is";
    case "enum":
      return misfitOfEnum(column, text);
    default:
      return misfitOfText(column, text);
  }
}

function misfitOfInteger({ fullType }: MariaDbColumn, bytes: bigint, value: Value): string | undefined {
  const span = 2n ** (8n * bytes);
  const [least, most] = fullType.includes("unsigned") ? [0n, span - 1n] : [-span / 2n, span / 2n - 1n];
  if (typeof value === "bigint" && value >= least && value <= most) return undefined;
  return `is no whole number from ${least} to ${most}`;
}

function isNumber(value: Value): boolean {
  return typeof value === "bigint" || (typeof value === "number" && Number.isFinite(value));
}

/** The calendar's days only; MariaDB's own "no date" is one, too. */
function isDate(text: string): boolean {
  if (text === "0000-00-00 00:00:00") return true;
  const [, year = 0, month = 0, day = 0] = (DATE.exec(text) ?? []).map(Number);
  const date = new Date(Date.UTC(2000, month - 1, day));
  // Set apart: years below 100 mean others to Date.UTC.
  date.setUTCFullYear(year, month - 1, day);
  return DATE.test(text) && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function isTime(text: string): boolean {
  return Number(TIME.exec(text)?.[1] ?? Number.NaN) <= MAX_HOURS;
}

function misfitOfEnum({ fullType }: MariaDbColumn, text: string): string | undefined {
  const members = [...fullType.matchAll(/'((?:[^']|'')*)'/g)].map(([, member = ""]) =>
    member.replaceAll("''", "'"),
  );
  return members.includes(text) ? undefined : `is none of ${members.join(", ")}`;
}

/** VARCHAR counts characters, TEXT bytes. */
function misfitOfText(
  { type, characters, bytes, charset = "" }: MariaDbColumn,
  text: string,
): string | undefined {
  if (/\p{Surrogate}/u.test(text)) return "is not valid Unicode";
  if (charset === "utf8mb3" && /[\u{10000}-\u{10ffff}]/u.test(text))
    return "has a character, such as an emoji, of those that this column does not hold";
  const isCounted = /char$/.test(type);
  if (isCounted) {
    const length = text.length > (characters ?? Number.POSITIVE_INFINITY) ? [...text].length : 0;
    return length > (characters ?? 0) ? `has ${length} characters, at most ${characters} fit` : undefined;
  }
  const size = isUnicode(charset) ? Buffer.byteLength(text) : text.length;
  return bytes !== undefined && size > bytes ? `has ${size} bytes, at most ${bytes} fit` : undefined;
}

/** Whether a character set holds all that is text, but for what `describeMisfit` says itself. */
export function isUnicode(charset: string): boolean {
  return charset.startsWith("utf8");
}
