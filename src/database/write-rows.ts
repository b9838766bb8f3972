import Database from "better-sqlite3";
import { success } from "../result.ts";
import type { Row, Value } from "../snapshot/index.ts";
import { quote } from "./connection.ts";
import type { TablePlan } from "./plan-table.ts";
import { refuse } from "./problems.ts";
import type { DatabaseResult } from "./types.ts";
import { uniqueColumns } from "./unique.ts";

/**
 * Makes the planned changes of a table. Foreign keys must be off, so that nothing cascades to the heartbeats. Where a value
 * must be unique, rows that change are deleted first, all of them, and then written anew, so that two status pages may
 * swap their slugs; elsewhere only what differs in them is written, which is faster.
 */
export function writeTable(db: Database.Database, plan: TablePlan): DatabaseResult<void> {
  deleteRows(db, plan.name, idsOf(plan.columns, plan.removed));
  const changed = uniqueColumns(db, plan.name).length > 0 ? replaceRows(db, plan) : updateRows(db, plan);
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
  const id = columns.indexOf("id");
  for (const row of rows) {
    const written = writeRow(statement, row, table, row[id]);
    if (!written.ok) return written;
  }
  return success(undefined);
}

function replaceRows(db: Database.Database, { name, columns, changed }: TablePlan): DatabaseResult<void> {
  const rows = changed.map(({ after }) => after);
  deleteRows(db, name, idsOf(columns, rows));
  return insertRows(db, name, columns, rows);
}

function updateRows(db: Database.Database, { name, columns, changed }: TablePlan): DatabaseResult<void> {
  const id = columns.indexOf("id");
  const all = [...columns.keys()];
  /** By what they set: an edit touches few columns, and often the same in many rows. */
  const statements = new Map<string, Database.Statement>();
  for (const { before, after } of changed) {
    const positions = all.filter((position) => after[position] !== before[position]);
    const list = positions.map((position) => `${quote(columns[position] ?? "")} = ?`).join(", ");
    const statement = statements.get(list) ?? db.prepare(`UPDATE ${quote(name)} SET ${list} WHERE id = ?`);
    statements.set(list, statement);
    const values = [...positions, id].map((position) => after[position] ?? null);
    const written = writeRow(statement, values, name, after[id]);
    if (!written.ok) return written;
  }
  return success(undefined);
}

function writeRow(
  statement: Database.Statement,
  values: Row,
  table: string,
  id: Value | undefined,
): DatabaseResult<void> {
  try {
    statement.run(values);
    return success(undefined);
  } catch (error) {
    if (!(error instanceof Database.SqliteError) || !error.code.startsWith("SQLITE_CONSTRAINT")) throw error;
    return refuse(
      "snapshot-inconsistent",
      `Row ${id} of table ${table} cannot be written: ${error.message}.`,
    );
  }
}
