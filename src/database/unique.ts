import type { Database } from "better-sqlite3";
import { success } from "../result.ts";
import { type Content, encodeValue, type Row, type Table } from "../snapshot/index.ts";
import { refuse } from "./problems.ts";
import type { Schema } from "./schema.ts";
import type { DatabaseResult } from "./types.ts";

/**
 * Refuses content in which two rows hold a value that this Kuma allows once, such as the slug of a status page. SQLite
 * would refuse the second row, too, but only with Kuma stopped, and again in every cycle.
 */
export function checkUnique(db: Database, schema: Schema, content: Content): DatabaseResult<void> {
  for (const table of content.tables.filter(({ name }) => schema.has(name))) {
    for (const columns of uniqueColumns(db, table.name)) {
      const row = findSecond(table, columns);
      if (row)
        return refuse(
          "snapshot-inconsistent",
          `Row ${row[table.columns.indexOf("id")]} of table ${table.name} has the same ${columns.join(", ")} as another.`,
        );
    }
  }
  return success(undefined);
}

/** Whether a value of one row can be in the way of another row's. */
export function hasUniqueColumns(db: Database, table: string): boolean {
  return uniqueColumns(db, table).length > 0;
}

/** The columns of each unique index but the primary key's; without those for a part of the rows only. */
function uniqueColumns(db: Database, table: string): string[][] {
  const indexes = db
    .prepare<[string], string>(
      `SELECT name FROM pragma_index_list(?) WHERE "unique" = 1 AND origin <> 'pk' AND partial = 0`,
    )
    .pluck()
    .all(table);
  const columns = db
    .prepare<[string], string>("SELECT name FROM pragma_index_info(?) ORDER BY seqno")
    .pluck();
  return indexes.map((index) => columns.all(index));
}

/** SQLite takes NULLs for different from one another. */
function findSecond({ columns, rows }: Table, unique: readonly string[]): Row | undefined {
  const positions = unique.map((column) => columns.indexOf(column));
  const seen = new Set<string>();
  return rows.find((row) => {
    const values = positions.map((position) => row[position] ?? null);
    if (values.includes(null)) return false;
    const key = JSON.stringify(values.map(encodeValue));
    if (seen.has(key)) return true;
    seen.add(key);
    return false;
  });
}
