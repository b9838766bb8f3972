import type { Problem, Result } from "../result.ts";

/** One snapshot of ours in the restic repository, as its tags tell it. */
export interface SnapshotInfo {
  /** restic's id: 64 hex digits as restic lists it. */
  readonly id: string;
  /** When restic took it, milliseconds since 1970. */
  readonly time: number;
  readonly contentHash: string;
  readonly instanceId: string;
  /** restic's host field: the publishing instance's name. */
  readonly instanceName: string;
  /** restic id of the snapshot that this one follows; undefined for the first. */
  readonly parent: string | undefined;
  /** Its place in the chain, from 1 on: the parent's and one more, at least. */
  readonly generation: number;
  /** Neither its tag nor its parents tell the generation, so it was made out by time, and may come out otherwise. */
  readonly isGuessed: boolean;
}

/**
 * What a bash version of Replicator Kuma published: an ordinary restic snapshot, which tells nothing of its content
 * before it is downloaded.
 */
export interface BashSnapshot {
  readonly madeBy: "bash";
  /** restic's id, 64 hex digits. */
  readonly id: string;
  /** When restic took it, milliseconds since 1970. */
  readonly time: number;
  /** restic's host field: the publishing container's hostname. */
  readonly instanceName: string;
}

/** All that a Replicator Kuma of any kind has published. */
export interface Listing {
  /** In the order of the chain, the latest last. */
  readonly snapshots: SnapshotInfo[];
  /** By time, the latest last. */
  readonly bash: BashSnapshot[];
}

export type RepositoryProblemCode =
  | "restic-missing"
  | "repository-missing"
  | "wrong-password"
  | "repository-locked"
  | "repository-unreachable"
  | "repository-damaged"
  | "repository-timeout"
  | "repository-read-only"
  | "repository-append-only"
  | "disk-full"
  | "interrupted"
  | "restic-failed";

export type RepositoryProblem = Problem<RepositoryProblemCode>;

export type RepositoryResult<T> = Result<T, RepositoryProblem>;

export interface PublishRequest {
  /** The encoded snapshot, piece by piece. Taken whole before restic starts; goes to it through a pipe. */
  readonly stream: Iterable<Uint8Array>;
  readonly contentHash: string;
  readonly instanceId: string;
  readonly parent: string | undefined;
  readonly generation: number;
}

/** What is to be forgotten. */
export interface ForgetRequest {
  /** Arguments of `restic forget`: --keep-…=…, --prune. */
  readonly policy: readonly string[];
  /** Ids of the snapshots that may go, whatever else the policy does not keep. */
  readonly candidates: readonly string[];
}

/**
 * The restic repository. Every call has a time limit and ends at once when `signal` aborts (problem "interrupted").
 * No call throws for anything that restic says.
 */
export interface Repository {
  /** Our snapshots in the order of the chain, the latest last. One `restic snapshots --no-lock`. */
  list(signal: AbortSignal): Promise<RepositoryResult<SnapshotInfo[]>>;
  /** The same, and what bash versions published, for the same requests. */
  listAll(signal: AbortSignal): Promise<RepositoryResult<Listing>>;
  /** Stores one snapshot; gives its restic id (restic 0.14 may give the short id, 8 hex digits). */
  publish(request: PublishRequest, signal: AbortSignal): Promise<RepositoryResult<{ id: string }>>;
  /** The bytes that were published, whole. */
  download(id: string, signal: AbortSignal): Promise<RepositoryResult<Uint8Array>>;
  /** All files of a snapshot that a bash version published, as a tar archive. */
  downloadBash(id: string, signal: AbortSignal): Promise<RepositoryResult<Uint8Array>>;
  /** Forgets those of the candidates that the policy does not keep, and gives their number. */
  forget(request: ForgetRequest, signal: AbortSignal): Promise<RepositoryResult<{ forgotten: number }>>;
  /** `restic init`. */
  create(signal: AbortSignal): Promise<RepositoryResult<void>>;
}
