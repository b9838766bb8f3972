import type { Problem, Result } from "../result.ts";
import type { ChangeCounts, Content, NamedChanges, Snapshot, Value } from "../snapshot/index.ts";

export type DatabaseProblemCode =
  | "database-missing"
  | "database-empty"
  | "database-not-sqlite"
  | "database-not-mariadb"
  | "database-settings-invalid"
  | "database-not-chosen"
  | "database-unreachable"
  | "database-login-refused"
  | "database-untrusted"
  | "database-damaged"
  | "database-locked"
  | "database-read-only"
  | "database-full"
  | "schema-unknown"
  | "version-mismatch"
  | "snapshot-inconsistent"
  | "database-cannot-hold"
  | "upload-failed"
  | "database-failed";

export interface DatabaseProblem extends Problem {
  readonly code: DatabaseProblemCode;
}

export type DatabaseResult<T> = Result<T, DatabaseProblem>;

/** What a Kuma that runs has in memory of the rows that change; ids as Kuma counts them. */
export interface MemoryChanges {
  /** Monitors whose own row is new, gone or changed. */
  readonly monitors: readonly number[];
  /** Those of them that are new, gone or another thing under an old id: nothing of their statistics stays. */
  readonly reset: readonly number[];
  /** Maintenance windows whose own row is new, gone or changed. */
  readonly maintenance: readonly number[];
  /** In which anything changes. */
  readonly tables: readonly string[];
  /** A new monitor has history under its id that is to be moved: a long transaction, in which Kuma would wait. */
  readonly movesHistory: boolean;
}

/** What applying a snapshot would change here. */
export interface PlanSummary {
  /** True when nothing differs: Kuma need not stop. */
  readonly empty: boolean;
  readonly changes: ChangeCounts;
  /** Left out: nobody has looked for the names. */
  readonly named?: NamedChanges;
  /** Columns that were dropped, rows whose owner was mapped to the first account; in sentences. */
  readonly notes: readonly string[];
  readonly memory: MemoryChanges;
}

/** What may keep content that was read here from being applied elsewhere; all in sentences, empty when all is well. */
export interface Examination {
  /** What `read` has left out, since it means nothing to Kuma or must not go anywhere. */
  readonly leftOut: readonly string[];
  /** What every replica would refuse. */
  readonly faults: readonly string[];
}

/** What an apply is noted as, and how it is made. */
export interface ApplyOrder {
  readonly snapshotId: string;
  readonly contentHash: string;
  /** At the first contact: what is here stays, as this instance's own, and the snapshot comes beside it. */
  readonly keepsAll?: boolean;
}

/** The last apply, kept inside Kuma's database, written by the very transaction that made the change. */
export interface ApplyRecord {
  readonly snapshotId: string;
  readonly contentHash: string;
  /** Milliseconds since 1970. */
  readonly appliedAt: number;
  /** False until Kuma has been seen running with it. */
  readonly verified: boolean;
}

export interface LastApply extends ApplyRecord {
  /**
   * When the change was made that `rollBack` takes back, milliseconds since 1970; `appliedAt` follows snapshots alike.
   */
  readonly changedAt: number;
  /** There is history that no undo brings back: `confirm` drops it, as much at a time as a short while allows. */
  readonly hasStaleHistory: boolean;
  /** What the last real change was before it is still known: `rollBack` has something to do. */
  readonly canUndo: boolean;
}

/** What is here on purpose other than in the snapshot that was applied. */
export interface OwnParts {
  /** Push monitors that are paused here alone. */
  readonly paused: number;
  /** Monitors, and all else that people make, that are not the primary's. */
  readonly local: { readonly monitors: number; readonly others: number };
  /** What is added here gets an id of this instance's own. */
  readonly countsLocally: boolean;
  /** Proxies, Docker hosts and remote browsers of the primary with values that were set here. */
  readonly values: number;
}

/** What is worth knowing of Kuma's database when something is wrong, and is no part of what is replicated. */
export interface Inspection {
  /** The time zone that was chosen on Kuma's page of settings. */
  readonly zoneSetting: string | undefined;
  /** Tables of history with rows of monitors that do not exist, without those that an undo may still bring back. */
  readonly orphans: readonly { readonly table: string; readonly rows: number }[];
}

/** A row by its table and id. */
export interface RowName {
  readonly table: string;
  readonly id: Value;
}

/** What `rollBack` would do now. */
export interface RollBackPreview {
  /** When the change was made that it takes back, milliseconds since 1970. */
  readonly changedAt: number;
  readonly snapshotId: string;
  readonly before: Content;
  readonly after: Content;
  /** Rows that it writes or removes and that somebody has edited since; of some it is known in which columns. */
  readonly edited: readonly (RowName & { readonly columns: readonly string[] })[];
  /** Rows that refer to others which go: they go with them, or lose the reference. */
  readonly dangling: readonly (RowName & {
    readonly column: string;
    readonly fate: "row goes" | "becomes NULL";
  })[];
  /** Monitors that come back, and whose history is gone by now. */
  readonly withoutHistory: number;
}

/** What a look for a change has found. */
export interface Look {
  /** Another than before whenever what is replicated is another; but also for less, such as a heartbeat on SQLite. */
  readonly mark: string;
  readonly contentHash: string;
  /** Tells a heartbeat from a change; on SQLite, while there is a WAL. */
  readonly trace?: Trace | undefined;
}

/** How far SQLite's WAL was read. */
export interface Trace {
  /** Which WAL it is. */
  readonly salts: string;
  readonly frames: number;
  /** What of the database belongs to replicated tables. */
  readonly pages: ReadonlySet<number>;
}

/**
 * Kuma's database, as replication needs it, whatever the engine.
 * Every call opens and closes its own connection, so nothing is held between calls. No call throws for bad data,
 * a bad file or a busy database.
 */
export interface KumaDatabase {
  /**
   * The content to publish: without rows that Kuma cannot reach, references to nothing, and files that are no images,
   * and with times that mean the same on every instance. In one read transaction on a read-only connection; safe
   * while Kuma runs.
   */
  read(): Promise<DatabaseResult<Content>>;
  /** The content hash of what `read` would give, for much less; safe while Kuma runs. */
  hash(): Promise<DatabaseResult<string>>;
  /**
   * The content hash as `hash` gives it, for who asks every few seconds: nothing is hashed as long as there is no trace
   * of a change. A change of the icons alone leaves none. Safe while Kuma runs.
   * @param before what the look before has found
   */
  look(before: Look | undefined): Promise<DatabaseResult<Look>>;
  /** Looks for what a replica would refuse in content that `read` gave. Safe while Kuma runs. */
  examine(content: Content): Promise<DatabaseResult<Examination>>;
  /** Whether nothing was ever configured in this database, not even something that is removed by now. */
  isUntouched(): Promise<DatabaseResult<boolean>>;
  /** What `apply` would do now. Changes nothing; safe while Kuma runs. */
  plan(snapshot: Snapshot): Promise<DatabaseResult<PlanSummary>>;
  /**
   * Makes the replicated rows and files equal to the snapshot's. Kuma is stopped, or the monitors that `memory` names
   * are held. One transaction: it holds the row changes, their inverse and the record; either all of it is there
   * afterwards, or nothing.
   * A monitor that takes the id of another thing does not inherit its history. History of removed monitors is kept for
   * the undo: until the next apply that changes something, or for a week.
   */
  apply(snapshot: Snapshot, order: ApplyOrder): Promise<DatabaseResult<PlanSummary>>;
  /** The last apply, or undefined when there never was one. */
  lastApply(): Promise<DatabaseResult<LastApply | undefined>>;
  /** Notes that a snapshot equal to what is here counts as applied and proven. Safe while Kuma runs. */
  markApplied(
    snapshot: Snapshot,
    id: { snapshotId: string; contentHash: string },
  ): Promise<DatabaseResult<void>>;
  /**
   * The new configuration is proven: notes that, and drops the history that no undo can bring back any more. Safe while
   * Kuma runs. What it has no time for is told by `lastApply` and dropped by the next call.
   */
  confirm(): Promise<DatabaseResult<void>>;
  /**
   * Drops all history of removed monitors, also what `rollBack` would bring back: Kuma's migrations stumble over it.
   * A few seconds at most; "more" when there is some left, for the next call.
   */
  dropHistory(): Promise<DatabaseResult<"done" | "more">>;
  /** What `rollBack` would do; undefined when there is nothing to undo. Changes nothing; safe while Kuma runs. */
  previewRollBack(): Promise<DatabaseResult<RollBackPreview | undefined>>;
  /**
   * Undoes the last apply, rows and files, history too, in one transaction. Kuma must be stopped. No-op when there is
   * none.
   */
  rollBack(): Promise<DatabaseResult<void>>;
  /** Looks for what `doctor` tells. Safe while Kuma runs. Reads an index of all of the history. */
  inspect(): Promise<DatabaseResult<Inspection>>;
  /**
   * How long the server that Kuma's database is on has been up, milliseconds, exact to a second; undefined: Kuma has
   * none that could be away without it. Safe while Kuma runs.
   */
  serverUpFor(): Promise<DatabaseResult<number | undefined>>;
  /** What is this instance's own. Safe while Kuma runs. */
  readOwn(): Promise<DatabaseResult<OwnParts>>;
  /**
   * Makes what is this instance's own the primary's: paused push monitors go on. Kuma must be stopped.
   * Local rows get shared ids.
   * @returns how many push monitors, and how many monitors became everybody's
   */
  takeOver(): Promise<DatabaseResult<{ readonly resumed: number; readonly shared: number }>>;
}
