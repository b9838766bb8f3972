import type { Database } from "better-sqlite3";
import { steadyNow } from "../../clock.ts";
import { success } from "../../result.ts";
import { inTransaction, quote } from "../sqlite/connection.ts";
import type { DatabaseResult, LastApply } from "../types.ts";
import { tablesHere } from "./history.ts";
import { changeRecord, readRecord, type StoredRecord, summarize } from "./record.ts";

/** Rows per statement: Kuma waits for each, a few milliseconds. */
export const BATCH = 500;

/** Milliseconds that one call may take; the call is synchronous, and signals wait meanwhile. */
export const TIME_LIMIT = 3_000;

/**
 * How long after a change its undo can bring back the history of the monitors that it removed, milliseconds. By the
 * wall clock: it goes on while nothing of ours runs. A clock that is wrong makes it longer or shorter, and nothing
 * worse.
 */
const KEPT_FOR = 7 * 24 * 3_600_000;

/**
 * Notes the last apply as proven and drops the history that no undo can bring back, while Kuma runs. What does not fit
 * into the time limit is left to the next call.
 */
export function confirmApply(db: Database): DatabaseResult<void> {
  const verified = updateRecord(db, verify);
  return verified.ok ? dropStale(db, verified.value) : verified;
}

/**
 * Drops all history of monitors that are gone, also what an undo would bring back: Kuma's migrations break on rows of
 * monitors that it does not have (2.x, "Migrating Aggregate Table": its foreign keys are on by then, and whoever was
 * hit by that has a Kuma that does not start any more).
 */
export function dropAllHistory(db: Database): DatabaseResult<"done" | "more"> {
  const record = readRecord(db);
  if (!record.ok) return record;
  if (!hasHistory(record.value)) return success("done");
  const given = updateRecord(db, giveUpHistory);
  const dropped = given.ok ? dropStale(db, given.value) : given;
  if (!dropped.ok) return dropped;
  const left = readRecord(db);
  return left.ok ? success(hasHistory(left.value) ? "more" : "done") : left;
}

/** What `lastApply` gives; must run in a transaction. */
export function readLastApply(db: Database): DatabaseResult<LastApply | undefined> {
  const record = readRecord(db);
  if (!record.ok) return record;
  const stored = record.value;
  return success(
    stored && {
      ...summarize(stored),
      changedAt: stored.changedAt,
      hasStaleHistory: hasDroppable(stored),
      canUndo: stored.canUndo,
    },
  );
}

/** Whether `confirm` has something to drop. */
function hasDroppable(record: StoredRecord): boolean {
  return record.staleHistory.length > 0 || (record.keptHistory.length > 0 && isOutdated(record));
}

/** Whether the history of a monitor that is gone is there still. */
export function hasHistory(record: StoredRecord | undefined): boolean {
  return record !== undefined && record.staleHistory.length + record.keptHistory.length > 0;
}

function isOutdated({ changedAt }: StoredRecord): boolean {
  return Date.now() - changedAt > KEPT_FOR;
}

/** The record once Kuma was seen running with what was applied. */
export function verify(record: StoredRecord): StoredRecord {
  const verified = { ...record, verified: true };
  return isOutdated(record) ? giveUpHistory(verified) : verified;
}

/** The record without a way to bring history back. */
export function giveUpHistory(record: StoredRecord): StoredRecord {
  return { ...record, staleHistory: [...record.staleHistory, ...record.keptHistory], keptHistory: [] };
}

/** The record once the history of some ids is dropped. */
export function withoutDropped(record: StoredRecord, dropped: ReadonlySet<bigint>): StoredRecord {
  return { ...record, staleHistory: record.staleHistory.filter((monitor) => !dropped.has(monitor)) };
}

function dropStale(db: Database, record: StoredRecord | undefined): DatabaseResult<void> {
  if (record === undefined || record.staleHistory.length === 0) return success(undefined);
  const deadline = steadyNow() + TIME_LIMIT;
  const deletions = tablesHere(db).map((table) => prepareDeletion(db, table));
  const dropped = new Set<bigint>();
  for (const monitor of record.staleHistory) {
    if (!deletions.every((deleteSome) => deleteAll(deleteSome, monitor, deadline))) break;
    dropped.add(monitor);
  }
  const noted = updateRecord(db, (found) => withoutDropped(found, dropped));
  return noted.ok ? success(undefined) : noted;
}

function updateRecord(
  db: Database,
  change: (record: StoredRecord) => StoredRecord,
): DatabaseResult<StoredRecord | undefined> {
  return inTransaction(db, "IMMEDIATE", () => updateInTransaction(db, change));
}

/** Changes the record where there is one, and gives it; must run in a transaction. */
export function updateInTransaction(
  db: Database,
  change: (record: StoredRecord) => StoredRecord,
): DatabaseResult<StoredRecord | undefined> {
  const record = readRecord(db);
  if (!record.ok || record.value === undefined) return record;
  const changed = change(record.value);
  changeRecord(db, changed);
  return success(changed);
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
