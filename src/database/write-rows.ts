import Database from "better-sqlite3";
import { success } from "../result.ts";
import type { Row, Value } from "../snapshot/index.ts";
import { quote } from "./connection.ts";
import type { TablePlan } from "./plan-table.ts";
import { refuse } from "./problems.ts";
import type { DatabaseResult } from "./types.ts";

/**
 * Makes the planned changes of a table. Foreign keys must be off: rows that change are deleted first, all of them, and
 * then written anew, so that two status pages may swap their slugs, and nothing cascades to the heartbeats.
 */
export function writeTable(db: Database.Database, plan: TablePlan): DatabaseResult<void> {
  const gone = [...plan.removed, ...plan.changed.map(({ before }) => before)];
  deleteRows(db, plan.name, idsOf(plan.columns, gone));
  const changed = insertRows(
    db,
    plan.name,
    plan.columns,
    plan.changed.map(({ after }) => after),
  );
  return changed.ok ? insertRows(db, plan.name, plan.addedColumns, plan.added) : changed;
}

/** The ids of rows with these columns. */
export function idsOf(columns: readonly string[], rows: readonly Row[]): Value[] {
  const position = columns.indexOf("id");
  return rows.map((row) => row[position] ?? null);
}

export function deleteRows(db: Database.Database, table: string, ids: readonly Value[]): void {
  const statement = db.prepare(`DELETE FROM ${quote(table)} WHERE id = ?`);
  for (const id of ids) statement.run(id);
}

/** A row that breaks a rule of the schema (UNIQUE, NOT NULL, CHECK) is named by table and id. */
export function insertRows(
  db: Database.Database,
  table: string,
  columns: readonly string[],
  rows: readonly Row[],
): DatabaseResult<void> {
  const places = columns.map(() => "?").join(", ");
  const statement = db.prepare(
    `INSERT INTO ${quote(table)} (${columns.map(quote).join(", ")}) VALUES (${places})`,
  );
  for (const row of rows) {
    try {
      statement.run(row);
    } catch (error) {
      if (!(error instanceof Database.SqliteError) || !error.code.startsWith("SQLITE_CONSTRAINT"))
        throw error;
      const [id] = idsOf(columns, [row]);
      return refuse(
        "snapshot-inconsistent",
        `Row ${id} of table ${table} cannot be written: ${error.message}.`,
      );
    }
  }
  return success(undefined);
}
