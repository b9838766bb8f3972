import type { Database } from "better-sqlite3";
import { success } from "../../result.ts";
import type { Content, Row, Table, Value } from "../../snapshot/index.ts";
import type { Rules } from "../own/rules.ts";
import { quote } from "../sqlite/connection.ts";
import { isSelfWritten, type LiveTable, readSchema } from "../sqlite/schema.ts";
import type { DatabaseResult } from "../types.ts";
import { readUploads } from "../uploads/uploads.ts";
import { type PublishedRows, publishedRows } from "./published.ts";
import { readServerZone } from "./zone.ts";

/** What makes rows and files mean the same on every instance. */
export interface Surroundings {
  /** The folder of uploaded icons, absolute. */
  readonly uploadDir: string;
  /** TZ as Kuma's process sees it. */
  readonly timeZone?: string | undefined;
  /** What is this instance's own; left out: nothing is. */
  readonly rules?: Rules | undefined;
}

/**
 * All that is published: rows and the files they refer to. Must run in a transaction, so that the tables fit each
 * other.
 */
export function readContent(
  db: Database,
  { uploadDir, timeZone, rules }: Surroundings,
): DatabaseResult<Content> {
  const schema = readSchema(db, rules);
  if (!schema.ok) return schema;
  const rowsOf = publishedRows(db, schema.value, readServerZone(db, timeZone), rules);
  const tables = [...schema.value.values()].map((table) => readTable(db, table, rowsOf));
  return success({ tables, files: readUploads(uploadDir, tables).files });
}

/**
 * The rows of a table by id, the values in the order of the given columns; one at a time, to spare memory.
 * @param rows what stands for the table in FROM
 */
export function iterateRows(
  db: Database,
  table: string,
  columns: readonly string[],
  rows = quote(table),
): IterableIterator<Row> {
  const list = columns.map(quote).join(", ");
  return db.prepare<[], Value[]>(`SELECT ${list} FROM ${rows} ORDER BY id`).raw().iterate();
}

/** One replicated table, whole; as Kuma has it, or as it is published. */
export function readTable(db: Database, live: LiveTable, rowsOf?: PublishedRows): Table {
  const { entry, columns: all } = live;
  const columns = all.filter((column) => !isSelfWritten(entry, column.name));
  const names = columns.map((column) => column.name);
  const defaults = columns.flatMap(({ name, defaultValue }): [string, Value][] =>
    defaultValue === undefined || defaultValue === null ? [] : [[name, defaultValue]],
  );
  return {
    name: entry.name,
    columns: names,
    ...(entry.owner !== undefined && names.includes(entry.owner) ? { owner: entry.owner } : {}),
    defaults: Object.fromEntries(defaults),
    rows: [...iterateRows(db, entry.name, names, rowsOf?.(live))],
  };
}
