import { createHash, createHmac } from "node:crypto";
import { mayShowNumber, showText } from "../diff/index.ts";
import type { Content, Table, Value } from "../snapshot/index.ts";

/** A file of the folder, by its name. */
export interface FolderFile {
  readonly name: string;
  readonly text: string;
}

/**
 * What stands for a secret value: the same for the same value in the same place, and nobody without the key can try
 * values.
 */
export type HideSecret = (place: string, value: string | Uint8Array) => string;

/** Hex digits: enough that no two values of one place ever meet. */
const HASH_LENGTH = 32;

/** @param key random bytes, kept where the files are not */
export function hideByKey(key: Uint8Array): HideSecret {
  return (place, value) => {
    const hash = createHmac("sha256", key).update(`${place}\u0000`).update(value).digest("hex");
    return `hidden:${hash.slice(0, HASH_LENGTH)}`;
  };
}

/**
 * A content as one JSON file for each table, for people to read and for git to compare: rows by id, columns by name,
 * each on a line of its own. What is not set is left out, and so are owners, which belong to each instance. Of uploaded
 * icons it has name, size and SHA-256.
 * @param hide undefined: secrets are shown
 */
export function toFolder({ tables, files }: Content, hide: HideSecret | undefined): FolderFile[] {
  const icons = files.map(({ name, bytes }) => ({
    name,
    bytes: bytes.byteLength,
    sha256: createHash("sha256").update(bytes).digest("hex"),
  }));
  return [...tables.map((table) => toFile(table.name, tableRows(table, hide))), toFile("file", icons)];
}

function toFile(name: string, rows: readonly object[]): FolderFile {
  return { name: `${name}.json`, text: `${JSON.stringify(rows, undefined, 2)}\n` };
}

function tableRows({ name, columns, owner, rows }: Table, hide: HideSecret | undefined): object[] {
  const id = columns.indexOf("id");
  return rows.map((row) =>
    Object.fromEntries(
      columns.flatMap((column, position) => {
        const value = row[position] ?? null;
        if (value === null || column === owner) return [];
        return [
          [
            column,
            showValue(value, column, hide && ((secret) => hide(`${name} ${row[id]} ${column}`, secret))),
          ],
        ];
      }),
    ),
  );
}

/** @param hide undefined: all of it is shown */
function showValue(
  value: Exclude<Value, null>,
  column: string,
  hide: ((secret: string | Uint8Array) => string) | undefined,
): string | number {
  if (typeof value === "object") return hide?.(value) ?? `base64:${Buffer.from(value).toString("base64")}`;
  if (typeof value !== "string")
    return hide === undefined || mayShowNumber(column) ? plainNumber(value) : hide(String(value));
  if (value === "" || hide === undefined) return value;
  const shown = showText(column, value);
  if (shown === value) return value;
  return shown === undefined ? hide(value) : `${shown} ${hide(value)}`;
}

function plainNumber(value: bigint | number): string | number {
  return typeof value === "number" || Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
}
