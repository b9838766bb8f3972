import type { Database } from "better-sqlite3";
import { type Content, encodeValue, type Row, type Table } from "../../snapshot/index.ts";
import { nameRows } from "../plan/name-rows.ts";
import type { Schema } from "./schema.ts";

/**
 * The rows of content that hold a value which this Kuma allows once, such as the slug of a status page, and which an
 * earlier row holds. SQLite would refuse them, too, but only with Kuma stopped, and again in every cycle.
 */
export function findDuplicates(db: Database, schema: Schema, content: Content): string[] {
  return content.tables
    .filter(({ name }) => schema.has(name))
    .flatMap((table) =>
      uniqueColumns(db, table.name).flatMap((columns) => {
        const seconds = findSeconds(table, columns);
        if (seconds.length === 0) return [];
        return [`${nameRows(table, seconds)}: the same ${columns.join(", ")} as another.`];
      }),
    );
}

/** Whether a value of one row can be in the way of another row's. */
export function hasUniqueColumns(db: Database, table: string): boolean {
  return uniqueColumns(db, table).length > 0;
}

/**
 * The columns that are unique, each set once (`slug` has two indexes), but the primary key; without those for a part of
 * the rows only.
 */
export function uniqueColumns(db: Database, table: string): string[][] {
  const indexes = db
    .prepare<[string], string>(
      `SELECT name FROM pragma_index_list(?) WHERE "unique" = 1 AND origin <> 'pk' AND partial = 0`,
    )
    .pluck()
    .all(table);
  const columns = db
    .prepare<[string], string>("SELECT name FROM pragma_index_info(?) ORDER BY seqno")
    .pluck();
  const found = new Map(indexes.map((index) => [columns.all(index).join(" "), columns.all(index)]));
  return [...found.values()];
}

/** SQLite takes NULLs for different from one another. */
function findSeconds({ columns, rows }: Table, unique: readonly string[]): Row[] {
  const positions = unique.map((column) => columns.indexOf(column));
  const seen = new Set<string>();
  return rows.filter((row) => {
    const values = positions.map((position) => row[position] ?? null);
    if (values.includes(null)) return false;
    const key = JSON.stringify(values.map(encodeValue));
    if (seen.has(key)) return true;
    seen.add(key);
    return false;
  });
}
