import Database from "better-sqlite3";
import { success } from "../../result.ts";
import type { Row, Value } from "../../snapshot/index.ts";
import type { TablePlan } from "../plan/plan-table.ts";
import { refuse } from "../problems.ts";
import { quote } from "../sqlite/connection.ts";
import { hasUniqueColumns } from "../sqlite/unique.ts";
import type { DatabaseResult } from "../types.ts";

/** Makes the planned changes of a table. Foreign keys must be off, so that nothing cascades to the heartbeats. */
export function writeTable(db: Database.Database, plan: TablePlan): DatabaseResult<void> {
  deleteRows(db, plan.name, idsOf(plan.columns, plan.removed));
  for (const { columns, after } of plan.changed) {
    const changed = changeRows(db, plan.name, columns, after);
    if (!changed.ok) return changed;
  }
  return insertRows(db, plan.name, plan.addedColumns, plan.added);
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

/**
 * Gives rows other values in some columns. Where a table demands unique values the rows are deleted first, all of them,
 * and written anew, so that two status pages may swap their slugs.
 * @param columns those that change, or all of them in such a table; `id` last
 */
export function changeRows(
  db: Database.Database,
  table: string,
  columns: readonly string[],
  rows: readonly Row[],
): DatabaseResult<void> {
  if (hasUniqueColumns(db, table)) {
    deleteRows(db, table, idsOf(columns, rows));
    return insertRows(db, table, columns, rows);
  }
  const list = columns
    .slice(0, -1)
    .map((column) => `${quote(column)} = ?`)
    .join(", ");
  return runEach(db.prepare(`UPDATE ${quote(table)} SET ${list} WHERE id = ?`), table, columns, rows);
}

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
  return runEach(statement, table, columns, rows);
}

/** A row that breaks a rule of the schema (UNIQUE, NOT NULL, CHECK) is named by table and id. */
function runEach(
  statement: Database.Statement,
  table: string,
  columns: readonly string[],
  rows: readonly Row[],
): DatabaseResult<void> {
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
