import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { steadyNow } from "../../clock.ts";
import type { Listener } from "../../events/index.ts";
import { isSameSnapshot } from "../chain/lineage.ts";
import type { StateFile } from "../state/state-file.ts";

/**
 * Replicas that heard of a snapshot at the same moment restart their Kumas within this time, milliseconds; those that
 * know one another do not count the time in which one of them restarts.
 */
const SPREAD = 60_000;

/** A restart of another replica that takes longer is not waited for any more, milliseconds: Kuma may be hung there. */
const LONGEST_RESTART = 3 * 60_000;

/** How often is looked whether it is this instance's turn, milliseconds. */
const EVERY = 500;

/** Milliseconds: another replica that was heard so long ago, by the wall clock, is gone; and how often is noted that not. */
const [FORGOTTEN_AFTER, NOTED_EVERY] = [30 * 24 * 3_600_000, 24 * 3_600_000];

/** Another replica that is there now. */
export interface OtherReplica {
  readonly id: string;
  /** The snapshot that it stands on. */
  readonly head: string | undefined;
  readonly isRestarting: boolean;
}

/** Keeps replicas from restarting their Kumas for one snapshot all at once, as far as they know of one another. */
export interface Turn {
  /** A message about a publish came: others may have heard it. */
  woken(): void;
  /** An instance has told that it applied something. */
  heardOf(instanceName: string): void;
  /** Does a cycle. Strangers are waited for in the first after a message alone. */
  within<T>(cycle: () => Promise<T>): Promise<T>;
  /** To be called before a restart for that snapshot: waits for this instance's turn. */
  wait(snapshotId: string, signal: AbortSignal): Promise<void>;
  /** A person wants something now: nothing is waited for any more. */
  hurry(): void;
  /** The same, and the next cycle is what the person wants. */
  hurryNext(): void;
}

/**
 * Each instance's place among them is by a hash of its id and the snapshot's, so no one is always the last. Who knows
 * the others goes when those before it are done, and while none of them restarts. Who has only heard that there are
 * others goes at a moment of its own, and who has not is alone, and goes at once.
 * @param others those that are there; undefined: nobody knows (no REPLICATOR_PEERS)
 */
export function createTurn(
  stateFile: StateFile,
  instanceName: string,
  others: (() => readonly OtherReplica[]) | undefined,
  emit: Listener,
): Turn {
  let isWoken = false;
  let isWokenCycle = false;
  let isNextHurried = false;
  let hurried = new AbortController();

  return {
    woken: () => {
      isWoken = true;
    },
    heardOf: (name) => {
      const now = Date.now();
      const isNoted = now - (stateFile.state.othersHeardAt ?? 0) < NOTED_EVERY;
      if (name !== instanceName && !isNoted) stateFile.update({ othersHeardAt: now });
    },
    within: async (cycle) => {
      [isWokenCycle, isWoken] = [isWoken, false];
      hurried = new AbortController();
      if (isNextHurried) hurried.abort();
      isNextHurried = false;
      return cycle().finally(() => {
        isWokenCycle = false;
      });
    },
    wait: async (snapshotId, signal) => {
      const ended = AbortSignal.any([signal, hurried.signal]);
      const waitMs = others === undefined ? ownMoment(snapshotId) : limitBehind(others(), snapshotId);
      if (waitMs === 0 || ended.aborted) return;
      emit({ type: "restart-waits", waitMs });
      await untilTurn(snapshotId, waitMs, ended);
    },
    hurry: () => hurried.abort(),
    hurryNext: () => {
      isNextHurried = true;
      hurried.abort();
    },
  };

  /** @param limit milliseconds in which no other one restarts */
  async function untilTurn(snapshotId: string, limit: number, ended: AbortSignal): Promise<void> {
    let [left, restarting] = [limit, 0];
    while (left > 0 && !ended.aborted && !others?.().every(isDone(snapshotId))) {
      const since = steadyNow();
      await sleep(Math.min(EVERY, left), undefined, { signal: ended }).catch(() => {});
      const took = steadyNow() - since;
      restarting = others?.().some(({ isRestarting }) => isRestarting) ? restarting + took : 0;
      if (restarting === 0 || restarting > LONGEST_RESTART) left -= took;
    }
  }

  function ownMoment(snapshotId: string): number {
    const hasHeardOthers = Date.now() - (stateFile.state.othersHeardAt ?? 0) < FORGOTTEN_AFTER;
    return isWokenCycle && hasHeardOthers
      ? Math.floor(placeOf(stateFile.state.instanceId, snapshotId) * SPREAD)
      : 0;
  }

  /** Each of those before it has its part of the minute: one that cannot apply the snapshot holds up nobody for ever. */
  function limitBehind(known: readonly OtherReplica[], snapshotId: string): number {
    const before = known.filter((other) => !isDone(snapshotId)(other)).length;
    return Math.floor((before / (known.length + 1)) * SPREAD);
  }

  /** Whether another replica is none to be waited for. */
  function isDone(snapshotId: string): (other: OtherReplica) => boolean {
    const own = placeOf(stateFile.state.instanceId, snapshotId);
    return ({ id, head, isRestarting }) => {
      const hasIt = head !== undefined && isSameSnapshot(head, snapshotId);
      return !isRestarting && (hasIt || placeOf(id, snapshotId) > own);
    };
  }
}

/** From 0 to below 1, evenly spread. */
function placeOf(instanceId: string, snapshotId: string): number {
  return createHash("sha256").update(`${instanceId} ${snapshotId}`).digest().readUInt32BE() / 2 ** 32;
}
