import type { Role } from "../config/index.ts";
import type { Problem } from "../result.ts";
import type { ChangeCounts } from "../snapshot/index.ts";

/** How a process ended. */
export type Exit = { readonly code: number } | { readonly signal: NodeJS.Signals };

/** Why Kuma is stopped. */
export type StopReason = "apply" | "shutdown" | "roll-back";

/** A snapshot, as an event names it. */
export interface SnapshotName {
  readonly id: string;
  readonly contentHash: string;
  readonly instanceName: string;
}

/** A snapshot as the repository lists it. */
interface ListedSnapshot extends SnapshotName {
  /** When it was published, milliseconds since 1970. */
  readonly time: number;
}

/** All that happens. Listeners (log, ntfy, page, metrics) switch over `type`; the compiler checks that none is forgotten. */
export type ReplicatorEvent =
  | {
      readonly type: "started";
      readonly role: Role;
      readonly instanceName: string;
      readonly kumaVersion: string;
    }
  | { readonly type: "warning"; readonly message: string }
  | { readonly type: "kuma-starting"; readonly pid: number }
  | { readonly type: "kuma-ready"; readonly afterMs: number }
  | { readonly type: "kuma-waiting-for-setup" }
  | { readonly type: "kuma-migrating"; readonly forMs: number }
  | { readonly type: "kuma-stopping"; readonly reason: StopReason }
  | { readonly type: "kuma-stopped"; readonly exit: Exit; readonly afterMs: number }
  | { readonly type: "kuma-killed"; readonly reason: string }
  | {
      readonly type: "kuma-crashed";
      readonly exit: Exit;
      readonly crashes: number;
      /** undefined: the limit is reached, the supervisor ends. */
      readonly restartInMs: number | undefined;
    }
  /** `restartInMs`: until the next try; undefined: there is none. */
  | {
      readonly type: "kuma-start-failed";
      readonly problem: Problem;
      readonly restartInMs: number | undefined;
    }
  | { readonly type: "repository-created" }
  | { readonly type: "cycle-started" }
  /** The end of a cycle, after all else that it has to tell; one that a shutdown cut short has none. */
  | {
      readonly type: "cycle-done";
      readonly succeeded: boolean;
      readonly durationMs: number;
      /** Until the next one, milliseconds, unless something calls for it earlier. */
      readonly nextInMs: number;
    }
  | {
      readonly type: "repository-seen";
      readonly latest: ListedSnapshot;
      /** Whether this instance holds what the latest snapshot holds. */
      readonly agrees: boolean;
    }
  /** The role at work is not what REPLICATOR_MODE asks for, or is so again: a command gave it, now or before a restart. */
  | {
      readonly type: "role-changed";
      readonly role: Role;
      /** Milliseconds between two cycles from now on. */
      readonly interval: number;
    }
  | { readonly type: "unchanged"; readonly role: Role }
  /** What a replica found instead of a snapshot. */
  | { readonly type: "nothing-published-yet"; readonly found: "no-repository" | "no-snapshot" }
  | {
      readonly type: "published";
      readonly snapshot: SnapshotName;
      readonly changes: ChangeCounts | undefined;
    }
  | {
      readonly type: "applied";
      readonly snapshot: SnapshotName;
      readonly changes: ChangeCounts;
      /** How long Kuma was not answering, milliseconds; 0 when it did not have to stop. */
      readonly monitoringGapMs: number;
      /** What was left out or mended on the way, in sentences. */
      readonly notes: readonly string[];
    }
  /** The first snapshot that was applied here took the place of things that it does not have. `lost`: which, in words. */
  | { readonly type: "replaced"; readonly snapshot: SnapshotName; readonly lost: string }
  | { readonly type: "rolled-back"; readonly snapshot: SnapshotName; readonly problem: Problem }
  /** `repeated`: how many times in a row the same problem has been seen before; 0 is the first. */
  | { readonly type: "cycle-failed"; readonly problem: Problem; readonly repeated: number }
  | { readonly type: "cycle-recovered"; readonly failures: number }
  /** Old snapshots were removed from the repository. */
  | { readonly type: "thinned-out"; readonly forgotten: number }
  /** They were not; publishing goes on. */
  | { readonly type: "retention-failed"; readonly problem: Problem }
  /** Asked for by SIGUSR2. `head`: restic's id of the snapshot this instance stands on. */
  | {
      readonly type: "state-report";
      readonly role: Role;
      readonly kuma: string;
      readonly head: string | undefined;
    }
  /** `to`: what was told in vain, "ntfy" or the name of the setting that holds a secret address. */
  | { readonly type: "notice-failed"; readonly to: string; readonly reason: string }
  /** REPLICATOR_WAKE: this replica hears of publishes, from now on or again. */
  | { readonly type: "wake-ready" }
  /** It does not, and looks at its interval alone; told once until it works again. */
  | { readonly type: "wake-failed"; readonly problem: Problem }
  /** It heard of one, or may have missed one: a cycle follows at once. */
  | { readonly type: "woken" }
  | { readonly type: "shutting-down"; readonly signal: NodeJS.Signals }
  | { readonly type: "stopped"; readonly exitCode: number };

export type Listener = (event: ReplicatorEvent) => void;
