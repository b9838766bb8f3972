import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { ReplicatorEvent } from "../../src/events/index.ts";
import { currentProblem, cycleProblem } from "../../src/observed/problems.ts";
import { shiftTimes } from "../../src/observed/shift-times.ts";
import { initialState, nextState, type ObservedState } from "../../src/observed/state.ts";
import { downtime } from "../../src/observed/uptime.ts";
import { findWedge } from "../../src/web/health.ts";
import { reachVerdict } from "../../src/web/verdict.ts";
import { samples } from "../events/samples.ts";
import {
  begin,
  done,
  failed,
  live,
  MINUTE,
  morning,
  ready,
  START,
  settings,
  snapshot,
  started,
} from "./story.ts";

const at = (minute: number) => START + minute * MINUTE;
const anyEvent = fc.constantFrom(...Object.values(samples));

describe("nextState", () => {
  it("knows from when to when a replica was behind: from the publish, not from when it checked", () => {
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
      type: "repository-checked",
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
    assert.equal(reachVerdict(behind, at(30)).headline, "Behind by 20 min");
    assert.equal(live([[31, samples.applied]], behind).agreement.behindSince, undefined);
  });

  it("counts a primary's lag from when it saw its own change", () => {
    const seen: ReplicatorEvent = { type: "repository-checked", latest: snapshot("a", -600), agrees: false };
    const fresh = initialState({ ...settings, role: "primary" }, START);
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
    const seen: ReplicatorEvent = { type: "repository-checked", latest: snapshot("a", 1), agrees: true };
    assert.equal(
      live([
        [1, short],
        [2, seen],
      ]).agreement.snapshots.length,
      1,
    );
  });

  it("keeps a problem until what failed works again", () => {
    const failure = samples["cycle-failed"];
    const failing = live([
      [1, failure, failed],
      [2, { ...failure, repeated: 1 }, failed],
    ]);
    const { times, since, solvedAt } = currentProblem(failing.problems) ?? assert.fail();
    assert.deepEqual([times, since, solvedAt], [2, at(1), undefined]);
    assert.equal(cycleProblem(failing.problems), currentProblem(failing.problems));
    for (const end of [done, samples["cycle-recovered"]]) {
      const { problems } = live([[3, end]], failing);
      assert.equal(currentProblem(problems)?.solvedAt, at(3));
      assert.equal(cycleProblem(problems), undefined);
    }
    const again = currentProblem(live([[4, failure]], live([[3, done]], failing)).problems);
    assert.deepEqual([again?.times, again?.since], [1, at(4)], "begins anew after it was solved");
  });

  it("keeps a refused snapshot in mind, whatever else fails and works again meanwhile", () => {
    const refused = live([
      [1, samples["rolled-back"], done],
      [2, begin, done],
      [3, begin, samples["cycle-failed"], failed],
    ]);
    assert.equal(currentProblem(refused.problems)?.of, "cycle");
    const recovered = live([[4, begin, done]], refused);
    assert.equal(currentProblem(recovered.problems)?.of, "snapshot");
    assert.equal(currentProblem(recovered.problems)?.solvedAt, undefined);
    const { problems } = live([[5, samples.applied]], recovered);
    assert.equal(currentProblem(problems)?.solvedAt, at(5));
  });

  it("knows what the last publishes and applies changed", () => {
    const { snapshot, changes } = samples.published;
    const first = { ...samples.published, snapshot: { ...snapshot, id: "a".repeat(64) }, changes: undefined };
    assert.deepEqual(
      live([
        [1, first],
        [2, samples.published],
        [3, first],
      ]).changes,
      [
        { snapshotId: snapshot.id, changes },
        { snapshotId: "a".repeat(64), changes: undefined },
      ],
    );
  });

  it("counts a success in a cycle at its end, and one outside of a cycle at once", () => {
    const results = ["published", "applied", "rolled-back", "unchanged", "nothing-published-yet"] as const;
    for (const type of results) {
      assert.equal(live([[1, samples[type]]]).cycle.succeededAt, at(1), type);
      const running = live([[1, begin, samples[type]]]);
      assert.equal(running.cycle.succeededAt, undefined, type);
      assert.equal(live([[2, done]], running).cycle.succeededAt, at(2), type);
      assert.equal(live([[2, failed]], running).cycle.succeededAt, undefined, type);
    }
    for (const type of ["cycle-failed", "started", "warning"] as const)
      assert.equal(live([[1, samples[type]]]).cycle.succeededAt, undefined, type);
  });

  it("says the worst first", () => {
    const mood = (state: ObservedState, minute = 200) => reachVerdict(state, at(minute));
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
        const state = events.reduce(
          (before, event, second) => nextState(before, event, START + second * 1_000),
          live([]),
        );
        const { agreement, uptime } = state;
        for (const list of [
          agreement.spans,
          agreement.snapshots,
          uptime.spans,
          state.timeline,
          state.changes,
        ])
          assert.ok(list.length <= 300);
        for (const spans of [agreement.spans, uptime.spans])
          assert.ok(spans.every(({ from }, index) => from >= (spans[index - 1]?.from ?? 0)));
        assert.equal(uptime.down === undefined, uptime.spans.at(-1)?.state === "up");
      }),
      { numRuns: 20 },
    );
  });
});

describe("shiftTimes", () => {
  /** All times in it, in their order: no other number in a state is so large. */
  function timesIn({ timeline, ...rest }: ObservedState): number[] {
    const text = JSON.stringify({ ...rest, at: timeline.map(({ at }) => at) });
    return (text.match(/\d{13}/g) ?? []).map(Number);
  }

  it("moves every time, and nothing else", () => {
    const lately = live([[170, samples["rolled-back"], begin, samples["kuma-migrating"]]], live(morning));
    for (const state of [lately, live([[180, samples["kuma-crashed"], samples["cycle-failed"]]], lately)]) {
      const moved = shiftTimes(state, 86_400_000);
      assert.deepEqual(
        timesIn(moved),
        timesIn(state).map((time) => time + 86_400_000),
      );
      assert.deepEqual(shiftTimes(moved, -86_400_000), state);
    }
  });
});

describe("downtime", () => {
  it("is summed by cause, the present one included", () => {
    const { uptime } = live([[170, { type: "kuma-stopping", reason: "roll-back" }]], live(morning));
    const seconds = Object.entries(downtime(uptime, at(171))).map(([cause, ms]) => [
      cause,
      Math.round(ms / 1_000),
    ]);
    assert.deepEqual(Object.fromEntries(seconds), { start: 12, apply: 12, crash: 18, "roll-back": 60 });
    assert.deepEqual(uptime.restarts, { apply: 2, crash: 1 });
  });

  it("takes a Kuma that dies while an apply is verified for a crash", () => {
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
          let state = live([]);
          for (const [event, pause] of steps) {
            state = nextState(state, event, now);
            now += pause;
            if (state.uptime.down !== undefined) down += pause;
          }
          const total = Object.values(downtime(state.uptime, now)).reduce((sum, each) => sum + each, 0);
          assert.equal(total, down);
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
