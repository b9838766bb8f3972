import type { Database } from "better-sqlite3";
import type { Row, Value } from "../../snapshot/index.ts";
import type { TablePlan } from "../plan/plan-table.ts";

/**
 * Ours, inside Kuma's database: what the last snapshot has in rows that may hold something else here. It changes in the
 * transaction that changes Kuma's rows, and goes back with them.
 */
export const REMEMBERED = "replicator_remembered";

/** What a snapshot has in a row. */
export interface Remembered {
  readonly table: string;
  readonly row: bigint;
  readonly value: string;
}

export const REMEMBERED_COLUMNS = ["id", "row_id", "table_name", "value"] as const;

/** Makes the table where it is not there yet. */
export function makeRemembered(db: Database): void {
  db.exec(`CREATE TABLE IF NOT EXISTS ${REMEMBERED} (
    id INTEGER PRIMARY KEY, row_id INTEGER NOT NULL, table_name TEXT NOT NULL, value TEXT NOT NULL
  )`);
}

export function hasRemembered(db: Database): boolean {
  return db.prepare("SELECT 1 FROM sqlite_master WHERE name = ?").get(REMEMBERED) !== undefined;
}

/** What is remembered now; a row of it is ours, so its shape is known. */
export function readRemembered(db: Database): (Remembered & { readonly id: bigint })[] {
  if (!hasRemembered(db)) return [];
  return db
    .prepare<[], Remembered & { id: bigint }>(
      `SELECT id, table_name AS "table", row_id AS "row", value FROM ${REMEMBERED} ORDER BY id`,
    )
    .all();
}

/** How the table has to change to hold what is to be remembered; undefined: it does. */
export function planRemembered(db: Database, wanted: readonly Remembered[]): TablePlan | undefined {
  const missing = new Map(wanted.map((each) => [keyOf(each), each]));
  const here = readRemembered(db);
  const removed = here.filter((each) => !missing.delete(keyOf(each)));
  if (removed.length + missing.size === 0) return undefined;
  const last = here.at(-1)?.id ?? 0n;
  const added = [...missing.values()].map((each, at) => ({ ...each, id: last + 1n + BigInt(at) }));
  return {
    ...{ name: REMEMBERED, columns: REMEMBERED_COLUMNS, addedColumns: REMEMBERED_COLUMNS },
    ...{ added: added.map(toRow), changed: [], removed: removed.map(toRow), local: [] },
    ...{ replaced: new Set<Value>(), adopted: 0, unfit: new Set<string>() },
  };
}

function toRow({ id, row, table, value }: Remembered & { readonly id: bigint }): Row {
  return [id, row, table, value];
}

function keyOf({ table, row, value }: Remembered): string {
  return `${table} ${row} ${value}`;
}
