import type { Database } from "better-sqlite3";
import { success } from "../../result.ts";
import { hashWritten, type Row, type WrittenTable, writeRow } from "../../snapshot/index.ts";
import { quote } from "../sqlite/connection.ts";
import { type Column, isSelfWritten, type LiveTable, readSchema } from "../sqlite/schema.ts";
import type { DatabaseResult } from "../types.ts";
import { readUploads } from "../uploads/uploads.ts";
import { publishedRows } from "./published.ts";
import { readTable, type Surroundings } from "./read.ts";
import { readServerZone } from "./zone.ts";

/**
 * The content hash of what `readContent` gives, in about a third of its time and with no row in memory: SQLite itself
 * writes each row as JSON. Must run in a transaction.
 */
export function hashContent(
  db: Database,
  { uploadDir, timeZone, rules }: Surroundings,
): DatabaseResult<string> {
  const schema = readSchema(db, rules);
  if (!schema.ok) return schema;
  const rowsOf = publishedRows(db, schema.value, readServerZone(db, timeZone), rules);
  const tables = [...schema.value.values()];
  const pages = tables.filter(({ entry }) => entry.name === "status_page");
  const { files } = readUploads(
    uploadDir,
    pages.map((page) => readTable(db, page, rowsOf)),
  );
  return success(
    hashWritten(
      tables.map((table) => writeOut(db, table, rowsOf(table))),
      files,
    ),
  );
}

/** @param from what stands for the table in FROM */
function writeOut(db: Database, { entry, columns: all }: LiveTable, from: string): WrittenTable {
  const columns = all.filter(({ name }) => name !== entry.owner && !isSelfWritten(entry, name));
  const count = db.prepare<[], bigint>(`SELECT count(*) FROM ${from}`).pluck().get();
  return {
    name: entry.name,
    columns: columns.map(({ name }) => name),
    rowCount: Number(count),
    rows: writeRows(db, from, columns),
  };
}

/**
 * Each row as `writeRow` writes it. Of the few for which SQLite's JSON is not the same, it gives the id, and we write.
 */
function* writeRows(db: Database, from: string, columns: readonly Column[]): Generator<string> {
  const names = columns.map(({ name }) => quote(name)).join(", ");
  const texts = columns.map(toJson).join(", ");
  const isOther = columns.map(differs).join(" OR ");
  const rows = db
    .prepare<[], string | bigint>(`SELECT iif(${isOther}, id, json_array(${texts})) FROM ${from} ORDER BY id`)
    .pluck();
  const one = db.prepare<[bigint], Row>(`SELECT ${names} FROM ${from} WHERE id = ?`).raw();
  for (const row of rows.iterate()) yield typeof row === "string" ? row : writeRow(one.get(row) ?? []);
}

/** Whole numbers of up to 53 bits, text and NULL are the same in SQLite's JSON as in ours; a whole REAL is made so. */
function toJson({ name, affinity }: Column): string {
  const column = quote(name);
  if (affinity !== "REAL") return column;
  return `iif(${column} IS NULL, NULL, json_object('r', CAST(${column} AS INTEGER)))`;
}

/**
 * The condition under which the value of a column has to be written by us; not true of NULL. It is asked of every cell,
 * so functions come last: operators are several times faster.
 */
function differs({ name, affinity }: Column): string {
  const column = quote(name);
  const isTooLarge = `${column} NOT BETWEEN ${Number.MIN_SAFE_INTEGER} AND ${Number.MAX_SAFE_INTEGER}`;
  switch (affinity) {
    case "TEXT":
      // A BLOB is greater than any text (https://www.sqlite.org/datatype3.html, 4.1).
      return `${column} >= x''`;
    case "INTEGER":
    case "NUMERIC":
      // Of whole numbers alone | makes what they are.
      return `((${column} <> (${column} | 0) OR ${isTooLarge}) AND typeof(${column}) <> 'text')`;
    case "REAL":
      return `${column} <> CAST(${column} AS INTEGER) OR ${isTooLarge}`;
    case "BLOB":
      return `${column} IS NOT NULL`;
  }
}
