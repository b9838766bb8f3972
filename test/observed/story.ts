import type { EventOf, ReplicatorEvent } from "../../src/events/index.ts";
import { initialState, nextState, type ObservedState } from "../../src/observed/state.ts";

export const MINUTE = 60_000;
export const START = Date.UTC(2026, 10, 23, 8);

/** When, in minutes after the start, and what. */
export type Beat = readonly [minute: number, ...events: ReplicatorEvent[]];

export const snapshot = (digit: string, time = 0) => ({
  id: digit.repeat(64),
  contentHash: digit.repeat(64),
  instanceName: "fra",
  time: START + time * MINUTE,
});

const seen = (digit: string, time: number, agrees: boolean): ReplicatorEvent => ({
  type: "repository-checked",
  latest: snapshot(digit, time),
  agrees,
});

export const started: ReplicatorEvent = {
  type: "started",
  role: "replica",
  instanceName: "nyc",
  kumaVersion: "2.5.3",
};
export const ready: ReplicatorEvent = { type: "kuma-ready", afterMs: 2_000 };
export const begin: ReplicatorEvent = { type: "cycle-started" };
export const done: ReplicatorEvent = {
  type: "cycle-done",
  succeeded: true,
  durationMs: 700,
  nextInMs: 6 * MINUTE,
};
export const failed: ReplicatorEvent = {
  type: "cycle-done",
  succeeded: false,
  durationMs: 60_000,
  nextInMs: 6 * MINUTE,
};
const unchanged: ReplicatorEvent = { type: "unchanged", role: "replica" };
const starting: ReplicatorEvent = { type: "kuma-starting", pid: 7 };
const stopping: ReplicatorEvent = { type: "kuma-stopping", reason: "apply" };
const stopped: ReplicatorEvent = { type: "kuma-stopped", exit: { code: 0 }, afterMs: 4_000 };

function applied(digit: string, changes: EventOf<"applied">["changes"]): ReplicatorEvent {
  return {
    type: "applied",
    snapshot: snapshot(digit),
    changes,
    monitoringGapMs: Object.keys(changes).length === 0 ? 0 : 5_100,
    notes: [],
  };
}

/** A morning of a replica: snapshots come and are applied, the repository is away for a while, Kuma crashes once. */
export const morning: readonly Beat[] = [
  [0, started, starting],
  [0.2, ready, begin, seen("a", -30, true), applied("a", {}), done],
  [30, begin, seen("b", 24, false), stopping],
  [30.07, stopped, starting],
  [
    30.1,
    ready,
    applied("b", {
      monitor: { added: 2, removed: 1, changed: 0 },
      tag: { added: 1, removed: 0, changed: 0 },
    }),
    done,
  ],
  [36, begin, seen("b", 24, true), unchanged, done],
  [70, { type: "kuma-crashed", exit: { signal: "SIGSEGV" }, crashes: 1, restartInMs: 1_000 }],
  [70.1, starting],
  [70.3, ready],
  [
    95,
    begin,
    {
      type: "cycle-failed",
      problem: {
        code: "repository-unreachable",
        message: "The repository does not answer.",
        advice: "Check the network and RESTIC_REPOSITORY.",
      },
      repeated: 0,
    },
    failed,
  ],
  [125, begin, { type: "cycle-recovered", failures: 5 }, seen("c", 92, false), stopping],
  [125.07, stopped, starting],
  [
    125.1,
    ready,
    applied("c", {
      monitor: { added: 0, removed: 0, changed: 3 },
      status_page: { added: 1, removed: 0, changed: 0 },
      incident: { added: 0, removed: 1, changed: 0 },
      monitor_notification: { added: 12, removed: 0, changed: 0 },
    }),
    done,
  ],
  [160, begin, seen("c", 92, true), unchanged, done],
];

/** What the observer begins with. */
export const settings = {
  role: "replica",
  intervals: { primary: 5 * MINUTE, replica: 6 * MINUTE },
  instanceName: "nyc",
  kuma: { limits: { stopGrace: 30_000, startLimit: 180_000 } },
} as const;

/** The state of a replica "nyc" after these. */
export function live(beats: readonly Beat[], before = initialState(settings, START)): ObservedState {
  return beats.reduce(
    (state, [minute, ...events]) =>
      events.reduce((each, event) => nextState(each, event, START + minute * MINUTE), state),
    before,
  );
}
