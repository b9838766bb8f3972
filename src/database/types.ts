import type { Problem, Result } from "../result.ts";
import type { ChangeCounts } from "../snapshot/changes.ts";
import type { Content, Snapshot } from "../snapshot/types.ts";

export type DatabaseProblemCode =
  | "database-missing"
  | "database-empty"
  | "database-not-sqlite"
  | "database-damaged"
  | "database-locked"
  | "database-read-only"
  | "database-full"
  | "schema-unknown"
  | "version-mismatch"
  | "snapshot-inconsistent"
  | "upload-failed"
  | "database-failed";

export interface DatabaseProblem extends Problem {
  readonly code: DatabaseProblemCode;
}

export type DatabaseResult<T> = Result<T, DatabaseProblem>;

/** What applying a snapshot would change here. */
export interface PlanSummary {
  /** True when nothing differs: Kuma need not stop. */
  readonly empty: boolean;
  readonly changes: ChangeCounts;
  /** Columns that were dropped, rows whose owner was mapped to the first account; in sentences. */
  readonly notes: readonly string[];
}

/** The last apply, kept inside Kuma's database, written by the very transaction that made the change. */
export interface ApplyRecord {
  readonly snapshotId: string;
  readonly contentHash: string;
  /** Milliseconds since 1970. */
  readonly appliedAt: number;
  /** False until Kuma has been seen running with it. */
  readonly proven: boolean;
}

export interface LastApply extends ApplyRecord {
  /** History of removed monitors is still here: `confirm` drops it, as much at a time as a short while allows. */
  readonly hasStaleHistory: boolean;
  /** What the last real change was before it is still known: `rollBack` has something to do. */
  readonly canUndo: boolean;
}

/**
 * Kuma's database, as replication needs it. SQLite behind it now; MariaDB next.
 * Every call opens and closes its own connection, so nothing is held between calls. No call throws for bad data,
 * a bad file or a busy database.
 */
export interface KumaDatabase {
  /** The replicated content, in one read transaction on a read-only connection; safe while Kuma runs. */
  read(): DatabaseResult<Content>;
  /** The content hash of what `read` would give, for much less; safe while Kuma runs. */
  hash(): DatabaseResult<string>;
  /** Whether nothing was ever configured in this database, not even something that is removed by now. */
  isUntouched(): DatabaseResult<boolean>;
  /** What `apply` would do now. Changes nothing; safe while Kuma runs. */
  plan(snapshot: Snapshot): DatabaseResult<PlanSummary>;
  /**
   * Makes the replicated rows and files equal to the snapshot's. Kuma must be stopped. One transaction: it holds the
   * row changes, their inverse and the record; either all of it is there afterwards, or nothing.
   * History of removed monitors is kept until `confirm`.
   */
  apply(snapshot: Snapshot, id: { snapshotId: string; contentHash: string }): DatabaseResult<PlanSummary>;
  /** The last apply, or undefined when there never was one. */
  lastApply(): DatabaseResult<LastApply | undefined>;
  /** Notes that a snapshot equal to what is here counts as applied and proven. Safe while Kuma runs. */
  markApplied(id: { snapshotId: string; contentHash: string }): DatabaseResult<void>;
  /**
   * The new configuration is proven: drops the history of monitors it removed. Safe while Kuma runs. What it has no time
   * for is told by `lastApply` and dropped by the next call.
   */
  confirm(): DatabaseResult<void>;
  /** Undoes the last apply, rows and files, in one transaction. Kuma must be stopped. No-op when there is none to undo. */
  rollBack(): DatabaseResult<void>;
}
