import type { Database } from "better-sqlite3";
import { steadyNow } from "../clock.ts";
import { success } from "../result.ts";
import { historyTables } from "./catalog.ts";
import { inTransaction, quote } from "./connection.ts";
import { changeRecord, readRecord, type StoredRecord } from "./record.ts";
import type { DatabaseResult } from "./types.ts";

/** Rows per statement: Kuma waits for each, a few milliseconds. */
const BATCH = 500;

/** Milliseconds that one call may take; the call is synchronous, and signals wait meanwhile. */
const TIME_LIMIT = 3_000;

/**
 * Notes the last apply as proven and drops the history of monitors that are gone, while Kuma runs. What does not fit
 * into the time limit is left to the next call.
 */
export function confirmApply(db: Database): DatabaseResult<void> {
  const proven = updateRecord(db, (record) => ({ ...record, proven: true }));
  if (!proven.ok || proven.value === undefined || proven.value.staleHistory.length === 0)
    return forget(proven);
  const deadline = steadyNow() + TIME_LIMIT;
  const deletions = historyTables
    .filter((table) => hasTable(db, table))
    .map((table) => prepareDeletion(db, table));
  const dropped = new Set<bigint>();
  for (const monitor of proven.value.staleHistory) {
    if (!deletions.every((deleteSome) => deleteAll(deleteSome, monitor, deadline))) break;
    dropped.add(monitor);
  }
  return forget(
    updateRecord(db, (record) => ({
      ...record,
      staleHistory: record.staleHistory.filter((monitor) => !dropped.has(monitor)),
    })),
  );
}

function updateRecord(
  db: Database,
  change: (record: StoredRecord) => StoredRecord,
): DatabaseResult<StoredRecord | undefined> {
  return inTransaction(db, "IMMEDIATE", () => {
    const record = readRecord(db);
    if (!record.ok || record.value === undefined) return record;
    const changed = change(record.value);
    changeRecord(db, changed);
    return success(changed);
  });
}

function forget(result: DatabaseResult<unknown>): DatabaseResult<void> {
  return result.ok ? success(undefined) : result;
}

function hasTable(db: Database, table: string): boolean {
  return db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(table) !== undefined;
}

/**
 * Deletes one batch and gives its size; nothing when the monitor exists again. All of these tables have an index that
 * starts with monitor_id, or one row or so per monitor.
 */
function prepareDeletion(db: Database, table: string): (monitor: bigint) => number {
  const statement = db.prepare(`
    DELETE FROM ${quote(table)}
    WHERE id IN (SELECT id FROM ${quote(table)} WHERE monitor_id = :monitor LIMIT ${BATCH})
    AND NOT EXISTS (SELECT 1 FROM monitor WHERE id = :monitor)
  `);
  return (monitor) => statement.run({ monitor }).changes;
}

/** False when the time is up before all is gone. */
function deleteAll(deleteSome: (monitor: bigint) => number, monitor: bigint, deadline: number): boolean {
  while (steadyNow() < deadline) {
    if (deleteSome(monitor) < BATCH) return true;
  }
  return false;
}
