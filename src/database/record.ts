import type { Database } from "better-sqlite3";
import { z } from "zod";
import { success } from "../result.ts";
import { refuse } from "./problems.ts";
import type { ApplyRecord, DatabaseResult } from "./types.ts";

/** Ours, inside Kuma's database: so it changes in the very transaction that changes Kuma's rows. */
const TABLE = "replicator_apply";

/** What the one row of our table holds. */
export interface StoredRecord extends ApplyRecord {
  /** The inverse of the last apply that changed something; null when there is none. */
  readonly undo: string | null;
  /** Monitors that were removed and whose history is still here. */
  readonly staleHistory: readonly bigint[];
}

const rowShape = z.object({
  snapshot_id: z.string(),
  content_hash: z.string(),
  applied_at: z.bigint().transform(Number),
  proven: z.bigint().transform((proven) => proven === 1n),
  undo: z.string().nullable(),
  stale_history: z
    .string()
    .regex(/^(-?\d+(,-?\d+)*)?$/)
    .transform((list) => (list === "" ? [] : list.split(",").map(BigInt))),
});

/** undefined when nothing was ever applied; a problem when somebody else wrote into our table. */
export function readRecord(db: Database): DatabaseResult<StoredRecord | undefined> {
  const exists = db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(TABLE);
  const row: unknown = exists && db.prepare(`SELECT * FROM ${TABLE} WHERE id = 1`).get();
  if (row === undefined) return success(undefined);
  const parsed = rowShape.safeParse(row);
  if (!parsed.success) return refuseRecord(db);
  const { snapshot_id, content_hash, applied_at, proven, undo, stale_history } = parsed.data;
  return success({
    snapshotId: snapshot_id,
    contentHash: content_hash,
    appliedAt: applied_at,
    proven,
    undo,
    staleHistory: stale_history,
  });
}

/** Replaces the record, or removes it; makes the table when it is not there yet. */
export function writeRecord(db: Database, record: StoredRecord | undefined): void {
  db.exec(`CREATE TABLE IF NOT EXISTS ${TABLE} (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    snapshot_id TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    applied_at INTEGER NOT NULL,
    proven INTEGER NOT NULL,
    undo TEXT,
    stale_history TEXT NOT NULL
  )`);
  db.exec(`DELETE FROM ${TABLE}`);
  if (!record) return;
  const { snapshotId, contentHash, appliedAt, proven, undo, staleHistory } = record;
  db.prepare(`INSERT INTO ${TABLE} VALUES (1, ?, ?, ?, ?, ?, ?)`).run(
    snapshotId,
    contentHash,
    BigInt(appliedAt),
    proven ? 1n : 0n,
    undo,
    staleHistory.join(","),
  );
}

/** Notes a snapshot that changes nothing here; the inverse of the last real change stays what it is. */
export function noteApplied(
  db: Database,
  id: { snapshotId: string; contentHash: string },
): DatabaseResult<void> {
  const record = readRecord(db);
  if (!record.ok) return record;
  const { undo = null, staleHistory = [] } = record.value ?? {};
  writeRecord(db, { ...id, appliedAt: Date.now(), proven: true, undo, staleHistory });
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
