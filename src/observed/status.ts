import { readFileSync } from "node:fs";
import { join } from "node:path";
import { machineNow } from "../clock.ts";
import type { Role } from "../config/index.ts";
import type { ReplicatorEvent } from "../events/index.ts";

/** What a running instance leaves word of for other processes on the same data, such as the health check. */
export interface Status {
  readonly role: Role;
  /** Milliseconds between two cycles. */
  readonly interval: number;
  readonly kuma: "starting" | "setup" | "ready" | "stopping" | "stopped" | "crashed";
  /** Since when Kuma is in that state. All times are milliseconds since 1970. */
  readonly since: number;
  /** Why Kuma may be silent, and until when that is no reason to worry. */
  readonly pause: { readonly for: "apply" | "roll-back" | "migration"; readonly until: number } | undefined;
  /** When a cycle last went well; undefined when none has since the start. */
  readonly lastCycleAt: number | undefined;
}

/** As it is in the file. */
export interface StoredStatus extends Status {
  /** What its times are ahead of the machine's clock without a date; older releases did not write it. */
  readonly clock?: number;
}

/** Opening the database, changing it and committing, milliseconds. It takes under a second; a slow disk may need more. */
const CHANGE_LIMIT = 60_000;
/** A migration is told of every minute while it goes on: one that is not told of twice is over. Milliseconds. */
const MIGRATION_LIMIT = 2 * 60_000;

/**
 * The status after an event, or the same one when the event changes nothing in it.
 * @param limits how long Kuma may take to stop and to start, milliseconds
 */
export function nextStatus(
  status: Status,
  event: ReplicatorEvent,
  limits: { readonly stopGrace: number; readonly startLimit: number },
  now: number,
): Status {
  const enter = (kuma: Status["kuma"], pause = status.pause): Status => ({
    ...status,
    kuma,
    since: now,
    pause,
  });
  switch (event.type) {
    case "role-changed":
      return { ...status, role: event.role, interval: event.interval };
    case "kuma-starting":
      return enter("starting");
    case "kuma-ready":
      return { ...enter("ready"), pause: undefined };
    case "kuma-waiting-for-setup":
      return { ...enter("setup"), pause: undefined };
    case "kuma-migrating":
      return { ...status, pause: { for: "migration", until: now + MIGRATION_LIMIT } };
    case "kuma-stopping": {
      if (event.reason === "shutdown") return { ...enter("stopping"), pause: undefined };
      const until = now + limits.stopGrace + CHANGE_LIMIT + limits.startLimit;
      return enter("stopping", { for: event.reason, until });
    }
    case "kuma-stopped":
      return enter("stopped");
    case "kuma-crashed":
    case "kuma-start-failed":
      return { ...enter("crashed"), pause: undefined };
    case "published":
    case "applied":
    case "rolled-back":
    case "unchanged":
    case "nothing-published-yet":
      return { ...status, lastCycleAt: now };
    default:
      return status;
  }
}

export function statusPath(stateDir: string): string {
  return join(stateDir, "status.json");
}

/** What the instance with this state folder last left word of; undefined when there is nothing to be read. */
export function readStatus(stateDir: string): StoredStatus | undefined {
  try {
    // Ours alone, and written whole: it is in our form or not there.
    return JSON.parse(readFileSync(statusPath(stateDir), "utf8")) as StoredStatus;
  } catch {
    return undefined;
  }
}

/**
 * Now, milliseconds since 1970, as the instance that left this word would say: right also when the machine's clock was
 * set since. Where the machine was started again since, by the machine's clock.
 */
export function nowFor(status: StoredStatus | undefined): number {
  const now = machineNow() + (status?.clock ?? Number.NaN);
  return status !== undefined && now >= status.since ? now : Date.now();
}
