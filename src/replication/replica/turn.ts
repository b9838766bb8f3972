import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { steadyNow } from "../../clock.ts";
import type { Listener } from "../../events/index.ts";
import type { StateFile } from "../state/state-file.ts";

/** Replicas that heard of a snapshot at the same moment restart their Kumas within this time, milliseconds. */
const SPREAD = 60_000;

/** How often it is looked whether another instance's Kuma is back, milliseconds. */
const LOOK_EVERY = 250;

/** Keeps replicas from restarting their Kumas all at once. */
export interface Turn {
  /** A message about a publish came. @param isAlone no other replica has heard it, as far as is known */
  woken(isAlone: boolean): void;
  /** Does a cycle: `wait` waits in it. */
  within<T>(cycle: () => Promise<T>): Promise<T>;
  /**
   * To be called before a restart for that snapshot: waits for this instance's turn, a minute at most if this is the
   * first cycle after such a message, and then, a minute at most, for another one that restarts its Kuma.
   */
  wait(snapshotId: string, signal: AbortSignal): Promise<void>;
  /** A person wants something now: nothing is waited for any more. */
  hurry(): void;
}

/**
 * Each instance's place in the minute is by a hash of its id and the snapshot's, so no one is always the last.
 * @param isOtherRestarting whether another instance is known to restart its Kuma now
 */
export function createTurn(
  { state }: Pick<StateFile, "state">,
  emit: Listener,
  isOtherRestarting: () => boolean,
): Turn {
  let isShared = false;
  let isInCycle = false;
  let isWokenWithOthers = false;
  let hurried = new AbortController();
  return {
    woken: (isAlone) => {
      isShared = !isAlone;
    },
    within: async (cycle) => {
      [isWokenWithOthers, isShared, isInCycle] = [isShared, false, true];
      hurried = new AbortController();
      return cycle().finally(() => {
        isInCycle = false;
      });
    },
    wait: async (snapshotId, signal) => {
      if (!isInCycle || hurried.signal.aborted) return;
      const ended = AbortSignal.any([signal, hurried.signal]);
      if (isWokenWithOthers) {
        const waitMs = Math.floor(placeOf(`${state.instanceId} ${snapshotId}`) * SPREAD);
        emit({ type: "restart-waits", waitMs });
        await sleep(waitMs, undefined, { signal: ended }).catch(() => undefined);
      }
      const latest = steadyNow() + SPREAD;
      while (!ended.aborted && isOtherRestarting() && steadyNow() < latest)
        await sleep(LOOK_EVERY, undefined, { signal: ended }).catch(() => undefined);
    },
    hurry: () => hurried.abort(),
  };
}

/** From 0 to below 1, evenly spread. */
function placeOf(text: string): number {
  return createHash("sha256").update(text).digest().readUInt32BE() / 2 ** 32;
}
