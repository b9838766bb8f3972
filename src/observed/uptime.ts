import type { ReplicatorEvent } from "../events/index.ts";
import { addSpan, type Span } from "./spans.ts";

/** Why Kuma does not answer. `start`: it has not been ready yet; `setup`: it waits for a person. */
type Cause = "start" | "setup" | "apply" | "roll-back" | "crash" | "shutdown";

/** Whether Kuma answers, and how long it has not, by cause. Times are milliseconds since 1970. */
export interface Uptime {
  /** Undefined: Kuma is up. */
  readonly down: { readonly since: number; readonly cause: Cause } | undefined;
  /** Milliseconds of the times before the present one. */
  readonly past: Readonly<Partial<Record<Cause, number>>>;
  /** "paused": it is stopped or starting on purpose, such as for an apply; "down": it crashed. */
  readonly spans: readonly Span<"up" | "paused" | "down">[];
  readonly isFirstStart: boolean;
  /** How often Kuma was started again. */
  readonly restarts: Readonly<Partial<Record<Cause, number>>>;
}

export function newUptime(now: number): Uptime {
  return {
    down: { since: now, cause: "start" },
    past: {},
    spans: [{ from: now, state: "paused" }],
    isFirstStart: true,
    restarts: {},
  };
}

/** The uptime after an event, or the same one when the event says nothing of it. */
export function nextUptime(uptime: Uptime, event: ReplicatorEvent, now: number): Uptime {
  switch (event.type) {
    case "kuma-starting":
      return countStart(uptime);
    case "kuma-ready":
      return {
        ...uptime,
        past: downtime(uptime, now),
        spans: addSpan(uptime.spans, "up", now),
        down: undefined,
      };
    case "kuma-waiting-for-setup":
      return goDown(uptime, "setup", now);
    case "kuma-stopping":
      return goDown(uptime, event.reason, now);
    case "kuma-stopped":
      // Without a word before it: it died while an apply watched it.
      return uptime.down === undefined ? goDown(uptime, "crash", now) : uptime;
    case "kuma-crashed":
    case "kuma-start-failed":
      return goDown(uptime, "crash", now);
    default:
      return uptime;
  }
}

/** Milliseconds without Kuma, by cause, the present time included. */
export function downtime({ down, past }: Uptime, now: number): Uptime["past"] {
  if (down === undefined) return past;
  return { ...past, [down.cause]: (past[down.cause] ?? 0) + Math.max(0, now - down.since) };
}

function goDown(uptime: Uptime, cause: Cause, now: number): Uptime {
  const spans = addSpan(uptime.spans, cause === "crash" ? "down" : "paused", now);
  return { ...uptime, past: downtime(uptime, now), spans, down: { since: now, cause } };
}

function countStart(uptime: Uptime): Uptime {
  if (uptime.isFirstStart) return { ...uptime, isFirstStart: false };
  const cause = uptime.down?.cause ?? "crash";
  return { ...uptime, restarts: { ...uptime.restarts, [cause]: (uptime.restarts[cause] ?? 0) + 1 } };
}
