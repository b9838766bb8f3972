import { readFileSync } from "node:fs";
import { join } from "node:path";
import { machineNow } from "../clock.ts";
import type { ObservedKuma } from "./kuma.ts";
import type { ObservedState } from "./state.ts";

/**
 * What a running instance says of itself to other processes on the same data, such as the health check. Its form is
 * also read by other releases.
 */
export interface StoredStatus extends Pick<ObservedState, "role" | "interval"> {
  readonly kuma: ObservedKuma["state"];
  /** Since when Kuma is in that state. All times are milliseconds since 1970. */
  readonly since: number;
  readonly pause: ObservedKuma["pause"];
  /** When a cycle last went well; undefined when none has since the start. */
  readonly lastCycleAt: number | undefined;
  /** What its times are ahead of the machine's clock without a date; older releases did not write it. */
  readonly clock?: number;
}

export function toStatus({ role, interval, kuma, cycle }: ObservedState): StoredStatus {
  const { state, since, pause } = kuma;
  return { role, interval, kuma: state, since, pause, lastCycleAt: cycle.succeededAt };
}

export function statusPath(stateDir: string): string {
  return join(stateDir, "status.json");
}

/** What the instance with this state folder last said of itself; undefined when there is nothing to be read. */
export function readStatus(stateDir: string): StoredStatus | undefined {
  try {
    // Ours alone, and written whole: it is in our form or not there.
    return JSON.parse(readFileSync(statusPath(stateDir), "utf8")) as StoredStatus;
  } catch {
    return undefined;
  }
}

/**
 * Now, milliseconds since 1970, as the instance that wrote this status would say: right also when the machine's clock
 * was set since. Where the machine was started again since, by the machine's clock.
 */
export function nowFor(status: StoredStatus | undefined): number {
  const now = machineNow() + (status?.clock ?? Number.NaN);
  return status !== undefined && now >= status.since ? now : Date.now();
}
