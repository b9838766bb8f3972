import type { Role } from "../config/index.ts";
import type { Problem } from "../result.ts";
import type { ChangeCounts, NamedChanges } from "../snapshot/index.ts";
import type { KumaEvent } from "./kuma-events.ts";
import type { MessageEvent } from "./message-events.ts";
import type { OwnCounts } from "./own-counts.ts";
import type { PeerEvent } from "./peer-events.ts";

/**
 * All that happens. Listeners (log, ntfy, page, metrics) switch over `type`; the compiler checks that none is
 * forgotten. Types and fields are also what the JSON log shows.
 */
export type ReplicatorEvent =
  | ProcessEvent
  | KumaEvent
  | DatabaseServerEvent
  | CycleEvent
  | RepositoryEvent
  | SnapshotEvent
  | MessageEvent
  | PeerEvent;

export type Listener = (event: ReplicatorEvent) => void;

/** The event of one type. */
export type EventOf<Type extends ReplicatorEvent["type"]> = Extract<ReplicatorEvent, { type: Type }>;

// -- This process ----------------------------------------------------------------------------------------------------

type ProcessEvent = Started | Warning | RoleChanged | StateReport | ShuttingDown | Stopped;

/** The first event of a process. */
interface Started {
  readonly type: "started";
  /** The role that REPLICATOR_MODE asks for. */
  readonly role: Role;
  readonly instanceName: string;
  readonly kumaVersion: string;
}

/** Something that a person should know of, in sentences; all goes on. */
interface Warning {
  readonly type: "warning";
  readonly message: string;
}

/**
 * The role at work is not what REPLICATOR_MODE asks for, or is so again: a command gave it, now or before a restart.
 */
interface RoleChanged {
  readonly type: "role-changed";
  readonly role: Role;
  /** Milliseconds between two cycles from now on. */
  readonly interval: number;
}

/** Asked for by SIGUSR2. */
interface StateReport {
  readonly type: "state-report";
  readonly role: Role;
  readonly kuma: string;
  /** restic's id of the snapshot that was published or applied last. */
  readonly head: string | undefined;
}

/** A signal asked for the end. */
interface ShuttingDown {
  readonly type: "shutting-down";
  readonly signal: NodeJS.Signals;
}

/** The last event of a process. */
interface Stopped {
  readonly type: "stopped";
  readonly exitCode: number;
}

// -- The MariaDB server that Kuma starts for itself, while Kuma is stopped --------------------------------------------

type DatabaseServerEvent = DatabaseServerStarted | DatabaseServerEnded;

/** One of our own, since Kuma had left none: it is ready. */
interface DatabaseServerStarted {
  readonly type: "database-server-started";
  readonly pid: number;
  readonly afterMs: number;
}

/** Kuma's or ours was ended, so that the next Kuma can start one. */
interface DatabaseServerEnded {
  readonly type: "database-server-ended";
  readonly pids: readonly number[];
  /** By SIGKILL, after the grace. */
  readonly killed: boolean;
  readonly afterMs: number;
}

// -- Cycles ----------------------------------------------------------------------------------------------------------

type CycleEvent = CycleStarted | CycleDone | CycleFailed | CycleRecovered | Unchanged;

interface CycleStarted {
  readonly type: "cycle-started";
}

/** The end of a cycle, after all its other events; one that a shutdown cut short has none. */
interface CycleDone {
  readonly type: "cycle-done";
  readonly succeeded: boolean;
  readonly durationMs: number;
  /** Until the next one, milliseconds, unless something calls for it earlier. */
  readonly nextInMs: number;
}

interface CycleFailed {
  readonly type: "cycle-failed";
  readonly problem: Problem;
  /** How many times in a row the same problem has been seen before; 0 is the first. */
  readonly repeated: number;
}

/** The first success after failures. */
interface CycleRecovered {
  readonly type: "cycle-recovered";
  readonly failures: number;
}

/** There was nothing to publish, or nothing to apply. */
interface Unchanged {
  readonly type: "unchanged";
  readonly role: Role;
}

// -- The repository --------------------------------------------------------------------------------------------------

type RepositoryEvent =
  | RepositoryCreated
  | RepositoryChecked
  | NothingPublishedYet
  | BashPublishes
  | SnapshotsForgotten
  | RetentionFailed;

interface RepositoryCreated {
  readonly type: "repository-created";
}

/** Its snapshots were listed, and there is one. */
interface RepositoryChecked {
  readonly type: "repository-checked";
  /** `time`: when it was published, milliseconds since 1970. */
  readonly latest: SnapshotName & { readonly time: number };
  /** Whether this instance holds what the latest snapshot holds. */
  readonly agrees: boolean;
}

/** What a replica found instead of a snapshot. */
interface NothingPublishedYet {
  readonly type: "nothing-published-yet";
  readonly found: "no-repository" | "no-snapshot";
}

/**
 * A bash version has published after this program did, so there are two primaries; nothing of it is applied. Reported
 * once for each instance.
 */
interface BashPublishes {
  readonly type: "bash-publishes";
  /** Of the bash version. */
  readonly instanceName: string;
  readonly snapshotId: string;
  /** When it was published, milliseconds since 1970. */
  readonly time: number;
}

/** Old snapshots were removed, as REPLICATOR_KEEP says. */
interface SnapshotsForgotten {
  readonly type: "snapshots-forgotten";
  readonly forgotten: number;
}

/** They were not; publishing goes on. */
interface RetentionFailed {
  readonly type: "retention-failed";
  readonly problem: Problem;
}

// -- Snapshots -------------------------------------------------------------------------------------------------------

type SnapshotEvent = Published | Applied | Replaced | RolledBack | TakenOver | OwnCounted;

/** A snapshot, as an event names it. */
export interface SnapshotName {
  readonly id: string;
  readonly contentHash: string;
  /** Of the instance that published it. */
  readonly instanceName: string;
}

interface Published {
  readonly type: "published";
  readonly snapshot: SnapshotName;
  /** Undefined: it is the first, so there is nothing to compare it with. */
  readonly changes: ChangeCounts | undefined;
  /** Left out: the names are not known. */
  readonly named?: NamedChanges;
}

interface Applied {
  readonly type: "applied";
  readonly snapshot: SnapshotName;
  readonly changes: ChangeCounts;
  /** Left out: the names are not known. */
  readonly named?: NamedChanges;
  /** How long Kuma was not answering, milliseconds; 0 when it did not have to stop. */
  readonly monitoringGapMs: number;
  /** What was left out or corrected on the way, in sentences. */
  readonly notes: readonly string[];
}

/** The first snapshot that was applied here took the place of things that it does not have. */
interface Replaced {
  readonly type: "replaced";
  readonly snapshot: SnapshotName;
  /** Which things, in words. */
  readonly lost: string;
}

/** Kuma did not run with a snapshot, or a command asked for what was before it. */
interface RolledBack {
  readonly type: "rolled-back";
  readonly snapshot: SnapshotName;
  readonly problem: Problem;
}

/** This instance is the primary now, and what was its own has become the primary's. */
interface TakenOver {
  readonly type: "taken-over";
  /** Push monitors that were paused here and are active again. */
  readonly resumed: number;
  /** Monitors that were this instance's own and are everybody's now. */
  readonly shared: number;
}

/** How much is this instance's own is known now, and is not what it was. */
interface OwnCounted {
  readonly type: "own-counted";
  readonly own: OwnCounts;
}
