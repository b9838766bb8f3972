import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { ReplicatorEvent } from "../../src/events/index.ts";
import { type History, newHistory, nextHistory } from "../../src/observed/history.ts";
import { downtime } from "../../src/observed/uptime.ts";
import { moveHistory } from "../../src/observed/wall-clock.ts";
import { findWedge } from "../../src/web/health.ts";
import { judge } from "../../src/web/verdict.ts";
import { samples } from "../events/samples.ts";
import {
  begin,
  done,
  failed,
  limits,
  live,
  MINUTE,
  morning,
  ready,
  START,
  snapshot,
  started,
} from "./story.ts";

const at = (minute: number) => START + minute * MINUTE;
const anyEvent = fc.constantFrom(...Object.values(samples));

describe("nextHistory", () => {
  it("tells from when to when a replica was behind: from the publish, not from when it looked", () => {
    const spans = live(morning).agreement.spans.map(({ from, state }) => [(from - START) / MINUTE, state]);
    assert.deepEqual(spans, [
      [0, "unknown"],
      [0.2, "agrees"],
      [24, "behind"],
      [30.1, "agrees"],
      [95, "unknown"],
      [95, "behind"],
      [125.1, "agrees"],
    ]);
  });

  it("keeps the first time of a lag through further snapshots, and ends it with an apply", () => {
    const seen = (digit: string, time: number): ReplicatorEvent => ({
      type: "repository-seen",
      latest: snapshot(digit, time),
      agrees: false,
    });
    const behind = live([
      [0, started],
      [1, ready],
      [20, seen("a", 10)],
      [30, seen("b", 25)],
    ]);
    assert.equal(behind.agreement.behindSince, at(10));
    assert.equal(behind.agreement.snapshots.length, 2);
    assert.equal(judge(behind, at(30)).headline, "Behind by 20 min");
    assert.equal(live([[31, samples.applied]], behind).agreement.behindSince, undefined);
  });

  it("counts a primary's lag from when it saw its own change", () => {
    const seen: ReplicatorEvent = { type: "repository-seen", latest: snapshot("a", -600), agrees: false };
    const intervals = { primary: MINUTE, replica: MINUTE };
    const fresh = newHistory({ role: "primary", intervals, instanceName: "fra" }, START);
    const changed = live(
      [
        [0, started],
        [1, ready],
        [5, begin, seen],
      ],
      fresh,
    );
    assert.equal(changed.agreement.behindSince, at(5));
    const published = live([[6, { ...samples.published, snapshot: snapshot("b") }, done]], changed);
    assert.equal(published.agreement.behindSince, undefined);
    assert.deepEqual(published.agreement.snapshots.at(-1)?.time, at(6));
  });

  it("knows a snapshot by its short id again", () => {
    const short = { ...samples.published, snapshot: { ...snapshot("a"), id: "aaaaaaaa" } };
    const seen: ReplicatorEvent = { type: "repository-seen", latest: snapshot("a", 1), agrees: true };
    assert.equal(
      live([
        [1, short],
        [2, seen],
      ]).agreement.snapshots.length,
      1,
    );
  });

  it("tells trouble until what failed works again", () => {
    const failure = samples["cycle-failed"];
    const trouble = live([
      [1, failure, failed],
      [2, failure, failed],
    ]);
    assert.equal(trouble.problem?.times, 2);
    assert.equal(trouble.problem?.since, at(1));
    assert.equal(trouble.problem?.solvedAt, undefined);
    assert.equal(live([[3, done]], trouble).problem?.solvedAt, at(3));
    const refused = live([
      [1, samples["rolled-back"], done],
      [2, begin, done],
    ]);
    assert.equal(refused.problem?.solvedAt, undefined, "a cycle that leaves a refused snapshot alone");
    assert.equal(live([[3, samples.applied]], refused).problem?.solvedAt, at(3));
    const again = live([[4, failure]], live([[3, done]], trouble)).problem;
    assert.deepEqual([again?.times, again?.since], [1, at(4)], "begins anew after it was solved");
  });

  it("says the worst first", () => {
    const mood = (history: History, minute = 200) => judge(history, at(minute));
    assert.equal(mood(live([])).headline, "Starting");
    assert.equal(mood(live(morning)).mood, "good");
    const crashed = live([[180, samples["kuma-crashed"], samples["cycle-failed"]]], live(morning));
    assert.equal(mood(crashed).headline, "Uptime Kuma is down");
    assert.equal(mood(live([[190, ready]], crashed)).headline, "Replication fails");
    const refused = live([[180, samples["rolled-back"]]], live(morning));
    assert.equal(mood(refused).headline, "The latest snapshot was refused");
    const empty = live([[0, started, samples["kuma-starting"], ready, samples["nothing-published-yet"]]]);
    assert.equal(mood(empty).headline, "Nothing is published yet");
    assert.match(
      mood(live([[0, samples["kuma-starting"], samples["kuma-waiting-for-setup"]]])).detail,
      /choose/,
    );
  });

  it("stays bounded and in order whatever comes", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 2_000, minLength: 1_000 }), (events) => {
        const history = events.reduce(
          (before, event, second) => nextHistory(before, event, limits, START + second * 1_000),
          live([]),
        );
        const { agreement, uptime } = history;
        for (const list of [agreement.spans, agreement.snapshots, uptime.spans, history.timeline])
          assert.ok(list.length <= 300);
        for (const spans of [agreement.spans, uptime.spans])
          assert.ok(spans.every(({ from }, index) => from >= (spans[index - 1]?.from ?? 0)));
        assert.equal(uptime.down === undefined, uptime.spans.at(-1)?.state === "up");
      }),
      { numRuns: 20 },
    );
  });
});

describe("moveHistory", () => {
  /** All times in it, in their order: no other number in a history is so large. */
  function timesIn({ timeline, ...rest }: History): number[] {
    const text = JSON.stringify({ ...rest, at: timeline.map(({ at }) => at) });
    return (text.match(/\d{13}/g) ?? []).map(Number);
  }

  it("moves every time, and nothing else", () => {
    const lately = live([[170, samples["rolled-back"], begin, samples["kuma-migrating"]]], live(morning));
    for (const history of [lately, live([[180, samples["kuma-crashed"], samples["cycle-failed"]]], lately)]) {
      const moved = moveHistory(history, 86_400_000);
      assert.deepEqual(
        timesIn(moved),
        timesIn(history).map((time) => time + 86_400_000),
      );
      assert.deepEqual(moveHistory(moved, -86_400_000), history);
    }
  });
});

describe("downtime", () => {
  it("is told by cause, the present one included", () => {
    const { uptime } = live([[170, { type: "kuma-stopping", reason: "roll-back" }]], live(morning));
    const seconds = Object.entries(downtime(uptime, at(171))).map(([cause, ms]) => [
      cause,
      Math.round(ms / 1_000),
    ]);
    assert.deepEqual(Object.fromEntries(seconds), { start: 12, apply: 12, crash: 18, "roll-back": 60 });
    assert.deepEqual(uptime.restarts, { apply: 2, crash: 1 });
  });

  it("takes a Kuma that dies in the proof of an apply for a crash", () => {
    const { uptime } = live([
      [1, ready],
      [2, samples["kuma-stopped"]],
    ]);
    assert.deepEqual(uptime.down, { since: at(2), cause: "crash" });
  });

  it("sums up to all the time that Kuma was not ready", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyEvent, fc.integer({ min: 0, max: 100_000 })), { maxLength: 100 }),
        (steps) => {
          let now = START;
          let down = 0;
          let history = live([]);
          for (const [event, pause] of steps) {
            history = nextHistory(history, event, limits, now);
            now += pause;
            if (history.uptime.down !== undefined) down += pause;
          }
          const told = Object.values(downtime(history.uptime, now)).reduce((sum, each) => sum + each, 0);
          assert.equal(told, down);
        },
      ),
    );
  });
});

describe("findWedge", () => {
  const idle = live([
    [0, started],
    [1, ready, begin, done],
  ]);

  it("allows a cycle its time, and an interval its end", () => {
    assert.equal(findWedge(live([]), at(600)), undefined, "no cycle at all is not for a restart to mend");
    assert.equal(findWedge(idle, at(8)), undefined);
    assert.match(findWedge(idle, at(20)) ?? "", /due 13 min ago/);
    const busy = live([[7, begin]], idle);
    assert.equal(findWedge(busy, at(45)), undefined);
    assert.match(findWedge(busy, at(60)) ?? "", /not ended for 53 min/);
  });

  it("excuses a Kuma that is not ready, and never asks for an end in a migration", () => {
    assert.equal(findWedge(live([[3, samples["kuma-crashed"]]], idle), at(60)), undefined);
    const migrating = live(
      [
        [7, begin],
        [100, samples["kuma-migrating"]],
      ],
      idle,
    );
    assert.equal(findWedge(migrating, at(101)), undefined);
  });
});
