import { clockShift, steadyNow } from "../clock.ts";
import type { Config } from "../config/index.ts";
import type { Listener, ReplicatorEvent } from "../events/index.ts";
import { type Agreement, newAgreement, nextAgreement } from "./agreement.ts";
import { type ActiveProblem, nextProblem } from "./problem.ts";
import { nextStatus, type Status } from "./status.ts";
import { newUptime, nextUptime, type Uptime } from "./uptime.ts";
import { moveHistory } from "./wall-clock.ts";

export interface TimelineEntry {
  readonly at: number;
  readonly event: ReplicatorEvent;
}

/**
 * All that page, metrics and health are made from: what this process has seen since its start, in memory alone.
 * Times are milliseconds since 1970.
 */
export interface History {
  readonly startedAt: number;
  readonly instanceName: string;
  readonly kumaVersion: string;
  readonly status: Status;
  readonly uptime: Uptime;
  readonly agreement: Agreement;
  /** When a cycle last began, when one last ended well, and when the next is due. */
  readonly attemptAt: number | undefined;
  readonly successAt: number | undefined;
  readonly nextAt: number | undefined;
  readonly isInCycle: boolean;
  /** What is worth a person's eye, oldest first. */
  readonly timeline: readonly TimelineEntry[];
  readonly problem: ActiveProblem | undefined;
}

const LONGEST_TIMELINE = 200;

/** Not in it: what every cycle or every start of Kuma brings. */
const NOTABLE: readonly ReplicatorEvent["type"][] = [
  "warning",
  "kuma-waiting-for-setup",
  "kuma-killed",
  "kuma-crashed",
  "kuma-start-failed",
  "repository-created",
  "published",
  "applied",
  "replaced",
  "rolled-back",
  "cycle-failed",
  "cycle-recovered",
  "retention-failed",
  "notice-failed",
  "wake-ready",
  "wake-failed",
];

/**
 * Keeps the history of this process: by the steady clock, so that every length of time in it stays what it is when the
 * machine's clock is set. `current` gives it by that clock, as it is set at the moment.
 */
export function createHistory(config: Config): { listener: Listener; current: () => History } {
  let history = newHistory(config, steadyNow());
  return {
    listener: (event) => {
      history = nextHistory(history, onSteadyClock(event), config.kuma.limits, steadyNow());
    },
    current: () => moveHistory(history, clockShift()),
  };
}

/** The one event that carries a time, from the repository. */
function onSteadyClock(event: ReplicatorEvent): ReplicatorEvent {
  if (event.type !== "repository-seen") return event;
  return { ...event, latest: { ...event.latest, time: event.latest.time - clockShift() } };
}

export function newHistory(
  { role, intervals, instanceName }: Pick<Config, "role" | "intervals" | "instanceName">,
  now: number,
): History {
  return {
    startedAt: now,
    instanceName,
    kumaVersion: "",
    status: {
      role,
      interval: intervals[role],
      kuma: "stopped",
      since: now,
      pause: undefined,
      lastCycleAt: undefined,
    },
    uptime: newUptime(now),
    agreement: newAgreement(now),
    attemptAt: undefined,
    successAt: undefined,
    nextAt: undefined,
    isInCycle: false,
    timeline: [],
    problem: undefined,
  };
}

/**
 * The history after an event.
 * @param limits how long Kuma may take to stop and to start, milliseconds
 * @param now milliseconds since 1970
 */
export function nextHistory(
  before: History,
  event: ReplicatorEvent,
  limits: Config["kuma"]["limits"],
  now: number,
): History {
  const history: History = {
    ...before,
    status: nextStatus(before.status, event, limits, now),
    uptime: nextUptime(before.uptime, event, now),
    agreement: nextAgreement(before.agreement, event, before.status.role, now),
    timeline: nextTimeline(before.timeline, event, now),
    problem: nextProblem(before.problem, event, now),
  };
  switch (event.type) {
    case "started":
      return { ...history, kumaVersion: event.kumaVersion };
    case "cycle-started":
      return { ...history, attemptAt: now, isInCycle: true };
    case "cycle-done": {
      const successAt = event.succeeded ? now : history.successAt;
      return { ...history, successAt, nextAt: now + event.nextInMs, isInCycle: false };
    }
    default:
      return history;
  }
}

function nextTimeline(
  timeline: readonly TimelineEntry[],
  event: ReplicatorEvent,
  at: number,
): readonly TimelineEntry[] {
  const goesOn = event.type === "cycle-failed" && event.repeated > 0;
  if (goesOn || !NOTABLE.includes(event.type)) return timeline;
  return [...timeline, { at, event }].slice(-LONGEST_TIMELINE);
}
