import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { ReplicatorEvent } from "../../src/events/index.ts";
import { createCycles } from "../../src/replication/cycles.ts";
import { failure, type Result, success } from "../../src/result.ts";
import { waitFor } from "../support/wait.ts";

const SOON = { every: 10 };
const ready = { start: () => undefined, untilReady: async () => undefined };
const problem = (code: string): Result<void> => failure({ code, message: `${code}.`, advice: "Wait." });

/** Runs as many cycles as there are results, then ends the loop. */
async function runThrough(results: Result<void>[]): Promise<ReplicatorEvent[]> {
  const events: ReplicatorEvent[] = [];
  const end = new AbortController();
  let next = 0;
  const cycles = createCycles(
    async () => {
      const result = results[next++] ?? success(undefined);
      if (next === results.length) setImmediate(() => end.abort());
      return result;
    },
    () => 1,
    ready,
    (event) => events.push(event),
  );
  await cycles.run(end.signal);
  return events;
}

describe("cycles", () => {
  it("tells a failure with how often it was seen, and the recovery once", async () => {
    const down = problem("repository-unreachable");
    const events = await runThrough([
      down,
      down,
      problem("wrong-password"),
      success(undefined),
      success(undefined),
    ]);
    const told = events.filter(({ type }) => type !== "cycle-started" && type !== "cycle-done");
    assert.deepEqual(
      told.map((event) => (event.type === "cycle-failed" ? [event.problem.code, event.repeated] : event)),
      [
        ["repository-unreachable", 0],
        ["repository-unreachable", 1],
        ["wrong-password", 0],
        { type: "cycle-recovered", failures: 3 },
      ],
    );
  });

  it("tells when each cycle begins, and last how it went and how long it took", async () => {
    const events = await runThrough([problem("wrong-password"), success(undefined)]);
    assert.deepEqual(
      events.map((event) => (event.type === "cycle-done" ? event.succeeded : event.type)),
      ["cycle-started", "cycle-failed", false, "cycle-started", "cycle-recovered", true],
    );
    for (const event of events)
      if (event.type === "cycle-done") assert.ok(event.durationMs >= 0 && event.durationMs < 5_000);
  });

  it("goes on after a cycle that throws", async () => {
    const events: ReplicatorEvent[] = [];
    const end = new AbortController();
    let round = 0;
    const cycle = async () => {
      if (round++ === 0) throw new Error("defect");
      end.abort();
      return success(undefined);
    };
    await createCycles(
      cycle,
      () => 1,
      ready,
      (event) => events.push(event),
    ).run(end.signal);
    assert.equal(round, 2);
    const failed = events.find(({ type }) => type === "cycle-failed");
    assert.ok(failed?.type === "cycle-failed" && failed.problem.code === "internal");
  });

  it("waits for Kuma, sleeps the interval, and is woken early", async () => {
    const end = new AbortController();
    let becomeReady = () => {};
    const kumaReady = new Promise<void>((resolve) => {
      becomeReady = resolve;
    });
    let rounds = 0;
    const cycles = createCycles(
      async () => {
        rounds++;
        return success(undefined);
      },
      () => 60_000,
      { start: () => undefined, untilReady: () => kumaReady },
      () => undefined,
    );
    const running = cycles.run(end.signal);
    await sleep(20);
    assert.equal(rounds, 0, "not before Kuma is ready");
    becomeReady();
    await waitFor("the first round", () => rounds === 1 || undefined, SOON);
    await sleep(60);
    assert.equal(rounds, 1, "then asleep");
    cycles.wake();
    await waitFor("the second round", () => rounds === 2 || undefined, SOON);
    end.abort();
    await running;
  });

  it("loses no wake: not one that comes during a cycle, nor while Kuma is not ready", async () => {
    const end = new AbortController();
    let rounds = 0;
    let isReady = true;
    const cycles = createCycles(
      async () => {
        rounds++;
        if (rounds > 2) return success(undefined);
        // As an apply does that Kuma does not come up after: woken in the middle, and then nothing is ready for a
        // while.
        await sleep(20);
        cycles.wake();
        cycles.wake();
        if (rounds === 2) isReady = false;
        await sleep(20);
        return success(undefined);
      },
      () => 60_000,
      {
        start: () => undefined,
        untilReady: async () => {
          while (!isReady) await sleep(5);
        },
      },
      () => undefined,
    );
    const running = cycles.run(end.signal);
    await sleep(150);
    assert.equal(rounds, 2, "the second followed at once, the third waits for Kuma");
    cycles.wake();
    await sleep(50);
    assert.equal(rounds, 2);
    isReady = true;
    await sleep(100);
    assert.equal(rounds, 3, "once: many wakes are one");
    end.abort();
    await running;
  });

  it("does not tell of a cycle that the shutdown cut short", async () => {
    const events: ReplicatorEvent[] = [];
    const end = new AbortController();
    const cycle = async () => {
      end.abort();
      return problem("interrupted");
    };
    await createCycles(
      cycle,
      () => 1,
      ready,
      (event) => events.push(event),
    ).run(end.signal);
    assert.deepEqual(events, [{ type: "cycle-started" }]);
  });
});
