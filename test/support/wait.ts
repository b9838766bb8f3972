import { setTimeout as sleep } from "node:timers/promises";
import { LabError } from "./install/lab-error.ts";

/**
 * How long tests wait for anything to come about, milliseconds. Far more than it takes: a limit close to that says
 * nothing but that the machine is busy.
 */
export const PATIENCE = 5 * 60_000;

export interface WaitOptions {
  /** Milliseconds; PATIENCE by default. */
  readonly timeout?: number;
  /** Pause between two looks, milliseconds; 250 by default. */
  readonly every?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Looks again and again until `look` gives something other than undefined, and gives that.
 * Throws a LabError that says what was waited for when the time is up, and the signal's reason on abort.
 */
export async function waitFor<T>(
  what: string,
  readState: () => Promise<T | undefined> | T | undefined,
  { timeout = PATIENCE, every = 250, signal }: WaitOptions = {},
): Promise<T> {
  const end = performance.now() + timeout;
  for (;;) {
    signal?.throwIfAborted();
    const found = await readState();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new LabError(`${what}: not within ${timeout / 1000} s.`);
    await sleep(every, undefined, { signal });
  }
}
