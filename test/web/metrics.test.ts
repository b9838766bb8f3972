import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ReplicatorEvent } from "../../src/events/index.ts";
import { nextState } from "../../src/observed/state.ts";
import { createMetrics } from "../../src/web/metrics.ts";
import { samples } from "../events/samples.ts";
import { begin, done, failed, live, MINUTE, morning, START } from "../observed/story.ts";
import { fleet } from "./fleet-sample.ts";

/** Metrics fed as the server feeds them. */
function measure(beats: typeof morning, minute: number) {
  let state = live([]);
  const metrics = createMetrics(
    () => state,
    undefined,
    () => START + minute * MINUTE,
  );
  for (const [at, ...events] of beats)
    for (const event of events) {
      state = nextState(state, event, START + at * MINUTE);
      metrics.listener(event);
    }
  return metrics;
}

/** Name with labels to value. */
function parse(text: string): Map<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const [, name = "", value] = /^(\S+(?:\{.*\})?) (\S+)$/.exec(line) ?? assert.fail(line);
      return [name, Number(value)];
    }),
  );
}

describe("metrics of all instances", () => {
  it("tell how each stands, and leave out what is not known of one that is not heard", async () => {
    const shop = { monitor: 2, name: "Shop", kind: "down", for: MINUTE, why: "only here" } as const;
    const metrics = createMetrics(
      () => live(morning),
      () => ({ ...fleet, alerts: { withheld: [shop], asks: true } }),
      () => START + 163 * MINUTE,
    );
    const values = parse(await metrics.text());
    const of = (name: string) =>
      Object.fromEntries(
        [...values].flatMap(([key, value]) => {
          const [, member] = new RegExp(`^replicator_fleet_${name}\\{member="(\\w+)"`).exec(key) ?? [];
          return member === undefined ? [] : [[member, value]];
        }),
      );
    assert.deepEqual(of("kuma_up"), { nyc: 1, fra: 1, sgp: 1 });
    assert.deepEqual(of("snapshot_lag_seconds"), { nyc: 0, fra: 0, sgp: 0 });
    assert.deepEqual(of("down_alone"), { nyc: 0, fra: 0, sgp: 2 });
    assert.deepEqual(of("info"), { nyc: 1, fra: 1, sgp: 1, syd: 1 });
    assert.equal(of("heard_timestamp_seconds").syd, (START + 151 * MINUTE) / 1_000);
    assert.equal(values.get('replicator_alerts_withheld{kind="down"}'), 1);
    assert.equal(values.get('replicator_alerts_withheld{kind="up"}'), 0);
    const none = [...parse(await measure(morning, 163).text()).keys()];
    assert.ok(!none.some((key) => key.startsWith("replicator_fleet")));
  });
});

describe("metrics", () => {
  it("tell the state of the moment and what was counted", async () => {
    const values = parse(await measure(morning, 163).text());
    const expected: Record<string, number> = {
      replicator_kuma_up: 1,
      replicator_snapshot_lag_seconds: 0,
      replicator_latest_snapshot_age_seconds: (163 - 92) * 60,
      replicator_last_attempt_timestamp_seconds: (START + 160 * MINUTE) / 1_000,
      replicator_last_success_timestamp_seconds: (START + 160 * MINUTE) / 1_000,
      'replicator_cycles_total{result="applied"}': 3,
      'replicator_cycles_total{result="unchanged"}': 2,
      'replicator_cycles_total{result="failed"}': 1,
      'replicator_cycles_total{result="published"}': 0,
      'replicator_cycles_total{result="rolled_back"}': 0,
      'replicator_rows_total{table="monitor",change="changed"}': 3,
      'replicator_rows_total{table="monitor",change="added"}': 2,
      'replicator_kuma_restarts_total{cause="apply"}': 2,
      'replicator_kuma_restarts_total{cause="crash"}': 1,
      'replicator_kuma_restarts_total{cause="roll_back"}': 0,
      'replicator_cycle_duration_seconds_bucket{le="1"}': 5,
      'replicator_cycle_duration_seconds_bucket{le="60"}': 6,
      replicator_cycle_duration_seconds_count: 6,
    };
    for (const [name, value] of Object.entries(expected)) assert.equal(values.get(name), value, name);
    assert.equal(Math.round(values.get('replicator_kuma_downtime_seconds_total{cause="apply"}') ?? 0), 12);
    const info = [...values.keys()].find((name) => name.startsWith("replicator_build_info{"));
    assert.match(info ?? "", /version="\d.*kuma_version="2\.5\.3",role="replica",node_version="v/);
  });

  it("count what is this instance's own, once there is any", async () => {
    assert.ok(
      ![...parse(await measure(morning, 163).text()).keys()].some((name) => name.includes("own_entries")),
    );
    const values = parse(await measure([...morning, [161, samples["own-counted"]]], 163).text());
    const counts = ["monitors", "others", "paused", "values"].map((kind) =>
      values.get(`replicator_own_entries{kind="${kind}"}`),
    );
    assert.deepEqual(counts, [2, 1, 0, 1]);
  });

  it("leave out what is not known yet, and are the same however often they are asked", async () => {
    const fresh = measure([], 1);
    const values = parse(await fresh.text());
    for (const name of [
      "snapshot_lag_seconds",
      "latest_snapshot_age_seconds",
      "last_attempt_timestamp_seconds",
      "last_success_timestamp_seconds",
    ])
      assert.ok(!values.has(`replicator_${name}`), name);
    assert.equal(values.get("replicator_kuma_up"), 0);
    assert.equal(values.get('replicator_kuma_downtime_seconds_total{cause="start"}'), 60);
    assert.equal(await fresh.text(), await fresh.text());
  });

  it("grow with a lag, and count a roll-back as what it is", async () => {
    const behind: ReplicatorEvent = { ...samples["repository-checked"], agrees: false };
    const latest = { ...behind.latest, time: START };
    const values = parse(
      await measure(
        [
          [2, begin, { ...behind, latest }, samples["rolled-back"], done],
          [4, begin, failed],
        ],
        10,
      ).text(),
    );
    assert.equal(values.get("replicator_snapshot_lag_seconds"), 600);
    assert.equal(values.get('replicator_cycles_total{result="rolled_back"}'), 1);
  });

  it("are named by the conventions", async () => {
    const text = await measure(morning, 163).text();
    for (const [, name = "", type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
      assert.match(name, /^replicator_[a-z_]+$/);
      assert.equal(name.endsWith("_total"), type === "counter", name);
    }
    assert.doesNotMatch(text, /_(milliseconds|ms|minutes)\b/);
  });
});
