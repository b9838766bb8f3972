import type { Database } from "better-sqlite3";
import { z } from "zod";
import { success } from "../result.ts";
import { refuse } from "./problems.ts";
import type { ApplyRecord, DatabaseResult } from "./types.ts";

/** Ours, inside Kuma's database: so it changes in the very transaction that changes Kuma's rows. */
const TABLE = "replicator_apply";

/** What the one row of our table holds, without the undo: that is as large as what was changed, and rarely needed. */
export interface StoredRecord extends ApplyRecord {
  /** Whether there is an undo. */
  readonly canUndo: boolean;
  /** Monitors that were removed and whose history is still here. */
  readonly staleHistory: readonly bigint[];
}

/** All of the row. */
interface WholeRecord extends Omit<StoredRecord, "canUndo"> {
  /** The inverse of the last apply that changed something; null when there is none. */
  readonly undo: string | null;
}

const rowShape = z.object({
  snapshot_id: z.string(),
  content_hash: z.string(),
  applied_at: z.bigint().transform(Number),
  proven: z.bigint().transform((proven) => proven === 1n),
  undo_type: z.enum(["text", "null"]),
  stale_history: z
    .string()
    .regex(/^(-?\d+(,-?\d+)*)?$/)
    .transform((list) => (list === "" ? [] : list.split(",").map(BigInt))),
});

/** undefined when nothing was ever applied; a problem when somebody else wrote into our table. */
export function readRecord(db: Database): DatabaseResult<StoredRecord | undefined> {
  const exists = db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(TABLE);
  // Of a value whose type alone is asked for SQLite reads no page; IS NOT NULL would read them all.
  const columns = "snapshot_id, content_hash, applied_at, proven, typeof(undo) AS undo_type, stale_history";
  const row: unknown = exists && db.prepare(`SELECT ${columns} FROM ${TABLE} WHERE id = 1`).get();
  if (row === undefined) return success(undefined);
  const parsed = rowShape.safeParse(row);
  if (!parsed.success) return refuseRecord(db);
  const { snapshot_id, content_hash, applied_at, proven, undo_type, stale_history } = parsed.data;
  return success({
    snapshotId: snapshot_id,
    contentHash: content_hash,
    appliedAt: applied_at,
    proven,
    canUndo: undo_type === "text",
    staleHistory: stale_history,
  });
}

/** The undo of a record that has one. */
export function readUndo(db: Database): string {
  return String(db.prepare(`SELECT undo FROM ${TABLE} WHERE id = 1`).pluck().get());
}

/**
 * Replaces the record, or removes it; makes the table when it is not there yet. The undo comes last in it: SQLite goes
 * through all pages of a value to reach the one after it.
 */
export function writeRecord(db: Database, record: WholeRecord | undefined): void {
  db.exec(`CREATE TABLE IF NOT EXISTS ${TABLE} (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    snapshot_id TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    applied_at INTEGER NOT NULL,
    proven INTEGER NOT NULL,
    stale_history TEXT NOT NULL,
    undo TEXT
  )`);
  db.exec(`DELETE FROM ${TABLE}`);
  if (!record) return;
  db.prepare(
    `INSERT INTO ${TABLE} (id, snapshot_id, content_hash, applied_at, proven, stale_history, undo)
     VALUES (1, :snapshotId, :contentHash, :appliedAt, :proven, :staleHistory, :undo)`,
  ).run({ ...toColumns(record), undo: record.undo });
}

/** Changes the record that is there; its undo stays what it is. */
export function changeRecord(db: Database, record: StoredRecord): void {
  db.prepare(`UPDATE ${TABLE} SET snapshot_id = :snapshotId, content_hash = :contentHash,
    applied_at = :appliedAt, proven = :proven, stale_history = :staleHistory`).run(toColumns(record));
}

function toColumns({
  snapshotId,
  contentHash,
  appliedAt,
  proven,
  staleHistory,
}: Omit<StoredRecord, "canUndo">) {
  return {
    snapshotId,
    contentHash,
    appliedAt: BigInt(appliedAt),
    proven: proven ? 1n : 0n,
    staleHistory: staleHistory.join(","),
  };
}

/** Notes a snapshot that changes nothing here; the inverse of the last real change stays what it is. */
export function noteApplied(
  db: Database,
  id: { snapshotId: string; contentHash: string },
): DatabaseResult<void> {
  const record = readRecord(db);
  if (!record.ok) return record;
  const noted = { ...id, appliedAt: Date.now(), proven: true };
  if (record.value) changeRecord(db, { ...record.value, ...noted });
  else writeRecord(db, { ...noted, undo: null, staleHistory: [] });
  return success(undefined);
}

/** Without the undo. */
export function summarize({ snapshotId, contentHash, appliedAt, proven }: StoredRecord): ApplyRecord {
  return { snapshotId, contentHash, appliedAt, proven };
}

export function refuseRecord(db: Database) {
  return refuse(
    "database-failed",
    `The table ${TABLE} in ${db.name} does not hold what Replicator Kuma wrote there; drop it to start afresh.`,
  );
}
