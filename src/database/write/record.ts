import type { Database } from "better-sqlite3";
import * as z from "zod";
import { success } from "../../result.ts";
import { refuse } from "../problems.ts";
import { nameDatabase } from "../sqlite/connection.ts";
import type { ApplyRecord, DatabaseResult } from "../types.ts";

/** Ours, inside Kuma's database: so it changes in the very transaction that changes Kuma's rows. */
export const TABLE = "replicator_apply";

/** What the one row of our table holds, without the undo: that is as large as what was changed, and rarely needed. */
export interface StoredRecord extends ApplyRecord {
  /** Whether there is an undo. */
  readonly canUndo: boolean;
  /**
   * When the change that the undo takes back was made, milliseconds since 1970; `appliedAt` follows snapshots alike.
   */
  readonly changedAt: number;
  /** Ids whose monitors are gone and whose history nothing can bring back: it is dropped bit by bit. */
  readonly staleHistory: readonly bigint[];
  /** Ids whose history is kept for the undo: of the removed monitors, or the ones that it was set aside under. */
  readonly keptHistory: readonly bigint[];
}

/** All of the row. */
interface WholeRecord extends Omit<StoredRecord, "canUndo"> {
  /** The inverse of the last apply that changed something; null when there is none. */
  readonly undo: string | null;
}

const idList = z
  .string()
  .regex(/^(-?\d+(,-?\d+)*)?$/)
  .transform((list) => (list === "" ? [] : list.split(",").map(BigInt)));

const rowShape = z.object({
  snapshot_id: z.string(),
  content_hash: z.string(),
  applied_at: z.bigint().transform(Number),
  /** The name that the column has had since the first release: `verified` here. */
  proven: z.bigint().transform((proven) => proven === 1n),
  undo_type: z.enum(["text", "null"]),
  stale_history: idList,
  kept_history: idList,
  changed_at: z.bigint().transform(Number),
});

/** undefined when nothing was ever applied; a problem when somebody else wrote into our table. */
export function readRecord(db: Database): DatabaseResult<StoredRecord | undefined> {
  const found = columnsHere(db);
  // Of a value whose type alone is asked for SQLite reads no page; IS NOT NULL would read them all.
  const columns = "snapshot_id, content_hash, applied_at, proven, typeof(undo) AS undo_type, stale_history";
  const newer = isFormer(found) ? "'' AS kept_history, applied_at AS changed_at" : "kept_history, changed_at";
  const row: unknown =
    found.length > 0 ? db.prepare(`SELECT ${columns}, ${newer} FROM ${TABLE} WHERE id = 1`).get() : undefined;
  if (row === undefined) return success(undefined);
  const parsed = rowShape.safeParse(row);
  if (!parsed.success) return refuseRecord(db);
  const { data } = parsed;
  return success({
    snapshotId: data.snapshot_id,
    contentHash: data.content_hash,
    appliedAt: data.applied_at,
    verified: data.proven,
    canUndo: data.undo_type === "text",
    // 0: a former release has written the row since.
    changedAt: data.changed_at || data.applied_at,
    staleHistory: data.stale_history,
    keptHistory: data.kept_history,
  });
}

/** The undo of a record that has one. */
export function readUndo(db: Database): string {
  return String(db.prepare(`SELECT undo FROM ${TABLE} WHERE id = 1`).pluck().get());
}

/** Replaces the record, or removes it; makes the table when it is not there yet. */
export function writeRecord(db: Database, record: WholeRecord | undefined): void {
  makeTable(db);
  db.exec(`DELETE FROM ${TABLE}`);
  if (!record) return;
  db.prepare(
    `INSERT INTO ${TABLE} (id, snapshot_id, content_hash, applied_at, proven, stale_history, kept_history, changed_at, undo)
     VALUES (1, :snapshotId, :contentHash, :appliedAt, :proven, :staleHistory, :keptHistory, :changedAt, :undo)`,
  ).run({ ...toColumns(record), undo: record.undo });
}

/** Changes the record that is there; its undo stays what it is. */
export function changeRecord(db: Database, record: StoredRecord): void {
  makeTable(db);
  db.prepare(`UPDATE ${TABLE} SET snapshot_id = :snapshotId, content_hash = :contentHash,
    applied_at = :appliedAt, proven = :proven, stale_history = :staleHistory, kept_history = :keptHistory,
    changed_at = :changedAt`).run(toColumns(record));
}

/**
 * Makes the table, also out of that of a former release, with what it holds. The undo comes last in it: SQLite goes
 * through all pages of a value to reach the one after it. What is newer has a default, for former releases to write it.
 */
export function makeTable(db: Database): void {
  const isOld = isFormer(columnsHere(db));
  if (isOld) db.exec(`ALTER TABLE ${TABLE} RENAME TO ${TABLE}_former`);
  db.exec(`CREATE TABLE IF NOT EXISTS ${TABLE} (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    snapshot_id TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    applied_at INTEGER NOT NULL,
    proven INTEGER NOT NULL,
    stale_history TEXT NOT NULL,
    kept_history TEXT NOT NULL DEFAULT '',
    changed_at INTEGER NOT NULL DEFAULT 0,
    undo TEXT
  )`);
  if (!isOld) return;
  db.exec(`INSERT INTO ${TABLE} (id, snapshot_id, content_hash, applied_at, proven, stale_history, changed_at, undo)
    SELECT id, snapshot_id, content_hash, applied_at, proven, stale_history, applied_at, undo FROM ${TABLE}_former;
    DROP TABLE ${TABLE}_former`);
}

/** Empty when there is no table. */
function columnsHere(db: Database): string[] {
  return db.prepare<[string], string>("SELECT name FROM pragma_table_info(?)").pluck().all(TABLE);
}

function isFormer(columns: readonly string[]): boolean {
  return columns.length > 0 && !columns.includes("kept_history");
}

function toColumns(record: Omit<StoredRecord, "canUndo">) {
  const { snapshotId, contentHash, appliedAt, verified, staleHistory, keptHistory, changedAt } = record;
  return {
    snapshotId,
    contentHash,
    appliedAt: BigInt(appliedAt),
    proven: verified ? 1n : 0n,
    staleHistory: staleHistory.join(","),
    keptHistory: keptHistory.join(","),
    changedAt: BigInt(changedAt),
  };
}

/** Notes a snapshot that changes nothing here; the inverse of the last real change stays what it is. */
export function recordApplied(
  db: Database,
  id: { snapshotId: string; contentHash: string },
): DatabaseResult<void> {
  const record = readRecord(db);
  if (!record.ok) return record;
  const now = Date.now();
  const noted = { ...id, appliedAt: now, verified: true };
  if (record.value) changeRecord(db, { ...record.value, ...noted });
  else writeRecord(db, { ...noted, undo: null, changedAt: now, staleHistory: [], keptHistory: [] });
  return success(undefined);
}

/** Without the undo. */
export function summarize({ snapshotId, contentHash, appliedAt, verified }: StoredRecord): ApplyRecord {
  return { snapshotId, contentHash, appliedAt, verified };
}

export function refuseRecord(db: Database) {
  return refuse(
    "database-failed",
    `${nameDatabase(db)} has a table ${TABLE} that does not hold what Replicator Kuma wrote there; drop it to start afresh.`,
  );
}
