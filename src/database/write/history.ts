import type { Database } from "better-sqlite3";
import { historyTables } from "../catalog.ts";
import { quote } from "../sqlite/connection.ts";

/** The history of a monitor that was moved out of the way: it is `under` an id that no monitor has. */
export interface SetAside {
  readonly monitor: bigint;
  readonly under: bigint;
}

/**
 * Moves the history of monitors under ids that no monitor can have, negative ones, for Kuma's AUTOINCREMENT starts at
 * 1. Kuma asks for history by the id of a monitor, so it sees nothing of that; its clearing jobs, which go by age, do.
 * One million heartbeats of one monitor take 3 s in 2.5.3 and 8 s in 1.23, which has more indexes (measured on two
 * cores).
 */
export function setAside(db: Database, monitors: readonly bigint[]): SetAside[] {
  if (monitors.length === 0) return [];
  const tables = tablesHere(db);
  const lowest = tables.reduce((min, table) => {
    const found = db
      .prepare<[], bigint | null>(`SELECT min(monitor_id) FROM ${quote(table)}`)
      .pluck()
      .get();
    return found !== null && found !== undefined && found < min ? found : min;
  }, 0n);
  const moved = monitors.map((monitor, index) => ({ monitor, under: lowest - 1n - BigInt(index) }));
  for (const { monitor, under } of moved) move(db, tables, monitor, under);
  return moved;
}

/** Gives history back to the monitors that it was taken from. */
export function putBack(db: Database, moved: readonly SetAside[]): void {
  const tables = tablesHere(db);
  for (const { monitor, under } of moved) move(db, tables, under, monitor);
}

/** Which of these ids have any history. */
export function withHistory(db: Database, monitors: readonly bigint[]): Set<bigint> {
  const found = tablesHere(db).flatMap((table) =>
    db
      .prepare<[object], bigint>(
        `SELECT DISTINCT monitor_id FROM ${quote(table)} WHERE monitor_id IN (SELECT value FROM json_each(:monitors))`,
      )
      .pluck()
      .all({ monitors: toJson(monitors) }),
  );
  return new Set(found);
}

/** Deletes all history of these monitors, however much it is. */
export function deleteHistory(db: Database, monitors: readonly bigint[]): void {
  if (monitors.length === 0) return;
  for (const table of tablesHere(db))
    db.prepare(
      `DELETE FROM ${quote(table)} WHERE monitor_id IN (SELECT value FROM json_each(:monitors))`,
    ).run({ monitors: toJson(monitors) });
}

/** Those of the history tables that this version of Kuma has. */
export function tablesHere(db: Database): string[] {
  const exists = db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?");
  return historyTables.filter((table) => exists.get(table) !== undefined);
}

function move(db: Database, tables: readonly string[], from: bigint, to: bigint): void {
  for (const table of tables)
    db.prepare(`UPDATE ${quote(table)} SET monitor_id = :to WHERE monitor_id = :from`).run({ from, to });
}

/** Numbers, not texts: SQLite compares without a column's affinity here. */
function toJson(ids: readonly bigint[]): string {
  return `[${ids.join(",")}]`;
}
