import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Listener } from "../../events/index.ts";
import type { StateFile } from "../state/state-file.ts";

/** Replicas that heard of a snapshot at the same moment restart their Kumas within this time, milliseconds. */
const SPREAD = 60_000;

/** Keeps replicas that one message has woken from restarting their Kumas all at once. */
export interface Turn {
  /** A message about a publish came. @param isAlone no other replica has heard it, as far as is known */
  woken(isAlone: boolean): void;
  /** Does a cycle; if it is the first after such a message, `wait` waits in it. */
  within<T>(cycle: () => Promise<T>): Promise<T>;
  /** To be called before a restart for that snapshot: waits for this instance's turn, a minute at most. */
  wait(snapshotId: string, signal: AbortSignal): Promise<void>;
  /** A person wants something now: nothing is waited for any more. */
  hurry(): void;
}

/** Each instance's place in the minute is by a hash of its id and the snapshot's, so no one is always the last. */
export function createTurn({ state }: Pick<StateFile, "state">, emit: Listener): Turn {
  let isShared = false;
  let waitsInCycle = false;
  let hurried = new AbortController();
  return {
    woken: (isAlone) => {
      isShared = !isAlone;
    },
    within: async (cycle) => {
      [waitsInCycle, isShared] = [isShared, false];
      hurried = new AbortController();
      return cycle().finally(() => {
        waitsInCycle = false;
      });
    },
    wait: async (snapshotId, signal) => {
      if (!waitsInCycle || hurried.signal.aborted) return;
      const waitMs = Math.floor(placeOf(`${state.instanceId} ${snapshotId}`) * SPREAD);
      emit({ type: "restart-waits", waitMs });
      const ended = AbortSignal.any([signal, hurried.signal]);
      await sleep(waitMs, undefined, { signal: ended }).catch(() => undefined);
    },
    hurry: () => hurried.abort(),
  };
}

/** From 0 to below 1, evenly spread. */
function placeOf(text: string): number {
  return createHash("sha256").update(text).digest().readUInt32BE() / 2 ** 32;
}
