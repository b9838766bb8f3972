import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Listener, ReplicatorEvent } from "../events/index.ts";
import { downtime, type ObservedState } from "../observed/index.ts";
import type { Fleet } from "../peers/index.ts";
import type { ChangeCounts } from "../snapshot/index.ts";
import { version } from "../version.ts";
import { registerFleet } from "./fleet-metrics.ts";

/** Seconds: a cycle without a change takes well under one, an apply about ten, a large publish minutes. */
const DURATION_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600];

const CHANGES = ["added", "changed", "removed"] as const;

/** What a cycle counts as, by the event that says so; one that says none of these found nothing to do. */
const RESULTS: Readonly<Partial<Record<ReplicatorEvent["type"], string>>> = {
  published: "published",
  applied: "applied",
  "rolled-back": "rolled_back",
  "cycle-failed": "failed",
};
const NOTHING_TO_DO = "unchanged";

export interface Metrics {
  readonly listener: Listener;
  /** Prometheus' text format. */
  readonly text: () => Promise<string>;
  readonly contentType: string;
}

/**
 * The metrics, by Prometheus' conventions: base units, `_total` for what only grows. What holds at a moment is read
 * from what is observed when it is asked for; what is counted per cycle is counted here.
 * @param observe has seen each event before the listener does
 * @param readFleet all instances; undefined: this one knows of no other
 * @param clock milliseconds since 1970
 */
export function createMetrics(
  observe: () => ObservedState,
  readFleet: (() => Fleet) | undefined,
  clock: () => number = Date.now,
): Metrics {
  const registry = new Registry();
  registerState(registry, observe, clock);
  if (readFleet !== undefined) registerFleet(registry, readFleet);

  const cycles = new Counter({
    name: "replicator_cycles_total",
    help: "Cycles, by what came of them.",
    labelNames: ["result"],
    registers: [registry],
  });
  const durations = new Histogram({
    name: "replicator_cycle_duration_seconds",
    help: "How long cycles took.",
    buckets: DURATION_BUCKETS,
    registers: [registry],
  });
  const rows = new Counter({
    name: "replicator_rows_total",
    help: "Rows and uploaded files that were published or applied since they differed, by table.",
    labelNames: ["table", "change"],
    registers: [registry],
  });
  // From the start on there, so that the first of each counts as an increase.
  for (const result of [NOTHING_TO_DO, ...Object.values(RESULTS)]) cycles.inc({ result }, 0);
  let result = NOTHING_TO_DO;

  return {
    listener: (event) => {
      if (event.type === "cycle-started") result = NOTHING_TO_DO;
      result = RESULTS[event.type] ?? result;
      if (event.type === "published" || event.type === "applied") countRows(event.changes ?? {});
      if (event.type === "cycle-done") {
        cycles.inc({ result });
        durations.observe(event.durationMs / 1_000);
      }
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };

  function countRows(changes: ChangeCounts): void {
    for (const [table, counts] of Object.entries(changes))
      for (const change of CHANGES) rows.inc({ table, change }, counts[change]);
  }
}

function registerState(registry: Registry, observe: () => ObservedState, clock: () => number): void {
  const registers = [registry];

  /** @param read undefined: not known yet, so left out */
  function gauge(name: string, help: string, read: (state: ObservedState) => number | undefined): void {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        const value = read(observe());
        if (value === undefined) this.remove();
        else this.set(value);
      },
    });
  }

  /** @param read milliseconds or counts by cause; they never shrink */
  function byCause(name: string, help: string, read: (state: ObservedState) => Record<string, number>): void {
    new Counter({
      name,
      help,
      labelNames: ["cause"],
      registers,
      collect() {
        this.reset();
        for (const [cause, value] of Object.entries(read(observe())))
          this.inc({ cause: cause.replace("-", "_") }, value);
      },
    });
  }

  new Gauge({
    name: "replicator_build_info",
    help: "Always 1; the labels say what runs.",
    labelNames: ["version", "kuma_version", "role", "node_version"],
    registers,
    collect() {
      const { kumaVersion, role } = observe();
      this.set({ version, kuma_version: kumaVersion, role, node_version: process.version }, 1);
    },
  });
  gauge("replicator_last_attempt_timestamp_seconds", "When a cycle last began.", ({ cycle }) =>
    seconds(cycle.startedAt),
  );
  gauge("replicator_last_success_timestamp_seconds", "When a cycle last ended well.", ({ cycle }) =>
    seconds(cycle.succeededAt),
  );
  gauge(
    "replicator_snapshot_lag_seconds",
    "How long this instance has differed from the repository's latest snapshot; 0 when it agrees.",
    ({ agreement: { checkedAt, behindSince } }) =>
      checkedAt && (behindSince === undefined ? 0 : seconds(Math.max(0, clock() - behindSince))),
  );
  gauge(
    "replicator_latest_snapshot_age_seconds",
    "Age of the repository's latest snapshot, as far as this instance has seen it.",
    ({ agreement: { snapshots } }) => {
      const latest = snapshots.at(-1);
      return latest && seconds(Math.max(0, clock() - latest.time));
    },
  );
  gauge("replicator_kuma_up", "Whether Uptime Kuma is ready: 1, or 0.", ({ kuma }) =>
    kuma.state === "ready" ? 1 : 0,
  );
  new Gauge({
    name: "replicator_own_entries",
    help: "What is this instance's own: monitors and others that are here alone, push monitors paused here, values set here.",
    labelNames: ["kind"],
    registers,
    collect() {
      const { own } = observe();
      if (own === undefined) return;
      const { local, paused, values } = own;
      for (const [kind, count] of Object.entries({ ...local, paused, values })) this.set({ kind }, count);
    },
  });
  byCause("replicator_kuma_restarts_total", "How often Uptime Kuma was started again.", ({ uptime }) => ({
    ...NO_CAUSE,
    ...uptime.restarts,
  }));
  byCause("replicator_kuma_downtime_seconds_total", "Time without Uptime Kuma.", ({ uptime }) => {
    const times = Object.entries({ ...NO_CAUSE, ...downtime(uptime, clock()) });
    return Object.fromEntries(times.map(([cause, time]) => [cause, seconds(time)]));
  });
}

/** Shown from the start on, so that the first of each counts as an increase. */
const NO_CAUSE = { apply: 0, "roll-back": 0, crash: 0 };

function seconds<T extends number | undefined>(milliseconds: T): T;
function seconds(milliseconds: number | undefined): number | undefined {
  return milliseconds && milliseconds / 1_000;
}
