import { createHash } from "node:crypto";
import { describeFile, sha256 } from "./format.ts";
import type { Content, Row, Table, UploadedFile } from "./types.ts";
import { encodeValue } from "./values.ts";

/**
 * Table name (or "file") to row id (or file name) to a short hash of the row: enough to count changes later without
 * keeping the rows. Plain JSON; holds no value of any row.
 */
export type Fingerprint = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** 8 hex digits tell a change from none well enough for a count, and keep the fingerprint of 10,000 rows small. */
const SHORT_HASH_LENGTH = 8;

/** A table as the content hash covers it, its rows written out. */
export interface WrittenTable {
  readonly name: string;
  /** Sorted by name, without the owner. */
  readonly columns: readonly string[];
  readonly rowCount: number;
  /** By id, each as `writeRow` writes it, the values in the order of the columns. */
  readonly rows: Iterable<string>;
}

/**
 * SHA-256 in hex over tables, columns, rows and files; not over owners, defaults or the origin. The order of tables,
 * columns and rows does not matter. One JSON line per item frames it without ambiguity.
 */
export function contentHash(content: Content): string {
  return hashWritten(content.tables.map(writeTable), content.files);
}

/** The content hash of what has been written out already, as the database does in less time than we. */
export function hashWritten(tables: readonly WrittenTable[], files: readonly UploadedFile[]): string {
  const hash = createHash("sha256");
  for (const { name, columns, rowCount, rows } of sortBy(tables, (each) => each.name)) {
    hash.update(`${JSON.stringify({ table: name, columns, rows: rowCount })}\n`);
    for (const row of rows) hash.update(`${row}\n`);
  }
  for (const file of sortBy(files, (each) => each.name)) {
    hash.update(`${JSON.stringify({ file: describeFile(file) })}\n`);
  }
  return hash.digest("hex");
}

/** The one text of a row that is hashed: a JSON array of its values in the lossless form. */
export function writeRow(row: Row): string {
  return JSON.stringify(row.map(encodeValue));
}

/** What `countChanges` compares; leaves out what `contentHash` leaves out. */
export function fingerprint(content: Content): Fingerprint {
  const tables = content.tables.map((table): [string, Record<string, string>] => [
    table.name,
    fingerprintRows(table),
  ]);
  const files = content.files.map((file) => [file.name, shortHash(file.bytes)]);
  return Object.fromEntries([...tables, ["file", Object.fromEntries(files)]]);
}

function fingerprintRows(table: Table): Record<string, string> {
  const hashes: Record<string, string> = {};
  for (const { id, text } of rowTexts(table, hashedColumns(table))) hashes[String(id)] = shortHash(text);
  return hashes;
}

function writeTable(table: Table): WrittenTable {
  const columns = hashedColumns(table);
  return { name: table.name, columns, rowCount: table.rows.length, rows: writeRows(table, columns) };
}

function* writeRows(table: Table, columns: readonly string[]): Generator<string> {
  for (const { text } of rowTexts(table, columns)) yield text;
}

function hashedColumns(table: Table): string[] {
  return sortBy(
    table.columns.filter((column) => column !== table.owner),
    (column) => column,
  );
}

/** By id, one at a time: all of them together are as large as the snapshot. */
function* rowTexts(table: Table, columns: readonly string[]): Generator<{ id: bigint; text: string }> {
  const positions = columns.map((column) => table.columns.indexOf(column));
  const idColumn = table.columns.indexOf("id");
  const rows = table.rows.map((row) => ({ id: idOf(row, idColumn), row }));
  for (const { id, row } of sortBy(rows, (each) => each.id))
    yield { id, text: writeRow(positions.map((position) => row[position] ?? null)) };
}

function idOf(row: Row, idColumn: number): bigint {
  const id = row[idColumn];
  return typeof id === "bigint" ? id : 0n;
}

/** By code units, never by locale: the order must be the same on every machine. */
function sortBy<T>(items: readonly T[], key: (item: T) => string | bigint): T[] {
  return [...items].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

function shortHash(data: string | Uint8Array): string {
  return sha256(data).slice(0, SHORT_HASH_LENGTH);
}
