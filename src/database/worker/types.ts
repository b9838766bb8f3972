import type { FirstContact } from "../../diff/index.ts";
import type { FolderFile } from "../../export/index.ts";
import type { Result } from "../../result.ts";
import type { ChangeCounts, NamedChanges, Origin } from "../../snapshot/index.ts";
import type { ApplyOrder, Examination, KumaDatabase, PlanSummary } from "../types.ts";

/** What a primary publishes, ready for the repository. */
export interface Reading {
  /** The encoded snapshot. */
  readonly bytes: Uint8Array;
  readonly contentHash: string;
  /** True when no replicated table holds a row; accounts do not count. */
  readonly isEmpty: boolean;
  readonly examination: Examination;
  /**
   * Tells the next reading what has changed since this one; of the values of rows it holds names alone. For
   * `ReadingBefore`.
   */
  readonly fingerprint: Uint8Array;
  /** What differs from the reading before; undefined when that is not known. */
  readonly changes: ChangeCounts | undefined;
  readonly named: NamedChanges | undefined;
}

/** The reading that was published last. */
export interface ReadingBefore {
  readonly contentHash: string;
  readonly fingerprint: Uint8Array;
}

/** A snapshot out of the repository or a file that was found whole. */
export interface LoadedSnapshot {
  /** Names it among all that this process has loaded. */
  readonly key: number;
  /** The encoded snapshot, in memory that all threads share. */
  readonly bytes: Uint8Array;
  readonly contentHash: string;
  readonly origin: Origin;
}

/** The calls of `KumaDatabase` that carry little, as they are. */
type LightCalls = Pick<
  KumaDatabase,
  | "hash"
  | "look"
  | "isUntouched"
  | "lastApply"
  | "confirm"
  | "dropHistory"
  | "rollBack"
  | "serverUpFor"
  | "readOwn"
  | "takeOver"
>;

/**
 * Kuma's database for the supervisor, which has signals, the health check and Kuma itself to attend to meanwhile: its
 * calls run in a thread of their own, one after the other. So do decoding and encoding, comparing and hashing: a
 * content crosses between the threads as the bytes of its snapshot alone.
 *
 * Once the process shuts down, calls that only read end at once with the problem "interrupted"; those that write are
 * waited for, and then the thread is ended. When the thread dies each call under way gives the problem
 * "database-failed", and the next begins another.
 */
export interface DatabaseWorker extends LightCalls {
  /** What `KumaDatabase.read` gives, encoded, and what there is to say about it. Safe while Kuma runs. */
  read(origin: Origin, before?: ReadingBefore): Promise<Result<Reading>>;
  /**
   * What `KumaDatabase.read` gives as files for people, see `toFolder`. Safe while Kuma runs.
   * @param key secrets are hashed with it; undefined: they are shown
   */
  toFolder(key: Uint8Array | undefined): Promise<Result<FolderFile[]>>;
  /** Decodes a snapshot and verifies it. The problem's code begins with "snapshot-" when these bytes are none. */
  load(bytes: Uint8Array): Promise<Result<LoadedSnapshot>>;
  /** How what is here stands to a snapshot of which it knows nothing. Safe while Kuma runs. */
  meet(snapshot: LoadedSnapshot): Promise<Result<FirstContact>>;
  /** See `KumaDatabase.plan`; also by name. */
  plan(snapshot: LoadedSnapshot): Promise<Result<PlanSummary>>;
  /** See `KumaDatabase.apply`; also by name, as far as `plan` was asked before. */
  apply(snapshot: LoadedSnapshot, order: ApplyOrder): Promise<Result<PlanSummary>>;
  /** See `KumaDatabase.markApplied`. */
  markApplied(
    snapshot: LoadedSnapshot,
    id: { snapshotId: string; contentHash: string },
  ): Promise<Result<void>>;
}
