import type { ReplicatorEvent } from "../events/index.ts";

/** Where replication stands in its cycles. Times are milliseconds since 1970; undefined: not since the start. */
export interface ObservedCycle {
  readonly isRunning: boolean;
  /** When one last began. */
  readonly startedAt: number | undefined;
  /** When one last ended well, or what is done outside of one did: before Kuma's first start, or by a command. */
  readonly succeededAt: number | undefined;
  /** When the next is due. */
  readonly nextAt: number | undefined;
}

export const NO_CYCLE: ObservedCycle = {
  isRunning: false,
  startedAt: undefined,
  succeededAt: undefined,
  nextAt: undefined,
};

/** The cycle after an event, or the same one when the event says nothing of it. */
export function nextCycle(cycle: ObservedCycle, event: ReplicatorEvent, now: number): ObservedCycle {
  switch (event.type) {
    case "cycle-started":
      return { ...cycle, isRunning: true, startedAt: now };
    case "cycle-done": {
      const succeededAt = event.succeeded ? now : cycle.succeededAt;
      return { ...cycle, isRunning: false, succeededAt, nextAt: now + event.nextInMs };
    }
    case "published":
    case "applied":
    case "rolled-back":
    case "unchanged":
    case "nothing-published-yet":
      // Within a cycle its end says whether all of it went well.
      return cycle.isRunning ? cycle : { ...cycle, succeededAt: now };
    default:
      return cycle;
  }
}
