import assert from "node:assert/strict";
import { test } from "node:test";
import type { ReplicatorEvent } from "../../../src/events/index.ts";
import { createTurn, type OtherReplica } from "../../../src/replication/replica/turn.ts";
import type { StateFile } from "../../../src/replication/state/state-file.ts";

const never = new AbortController().signal;

/** @param state as a former process has left it */
function turnOf(instanceId: string, others?: () => readonly OtherReplica[], state = {}) {
  const events: ReplicatorEvent[] = [];
  const stateFile = memory({ format: 1, instanceId, ...state });
  const turn = createTurn(stateFile, "this one", others, (event) => events.push(event));
  /** How long a restart in the next cycle waits at most, milliseconds; 0: not at all. */
  const waits = async (snapshotId = "a snapshot") => {
    const from = events.length;
    await turn.within(async () => {
      const waiting = turn.wait(snapshotId, never);
      turn.hurry();
      await waiting;
    });
    const [wait] = events
      .slice(from)
      .flatMap((event) => (event.type === "restart-waits" ? [event.waitMs] : []));
    return wait ?? 0;
  };
  return { turn, waits, stateFile };
}

function memory(first: StateFile["state"]): StateFile {
  let state = first;
  return {
    get state() {
      return state;
    },
    update: (change) => {
      state = { ...state, ...change };
      return { ok: true, value: undefined };
    },
  };
}

test("replicas that have heard of others, and that one message wakes, restart evenly over a minute", async () => {
  const all: number[] = [];
  for (let instance = 0; instance < 600; instance += 1) {
    const { turn, waits } = turnOf(`instance ${instance}`);
    turn.heardOf("another");
    turn.woken();
    all.push(await waits());
  }
  const inEach = (from: number) => all.filter((wait) => wait >= from && wait < from + 10_000).length;
  for (const from of [0, 10_000, 20_000, 30_000, 40_000, 50_000])
    assert.ok(inEach(from) >= 70 && inEach(from) <= 130, `${inEach(from)} from ${from} ms on`);
});

test("another snapshot has another order", async () => {
  const { turn, waits } = turnOf("one");
  turn.heardOf("another");
  turn.woken();
  const first = await waits("a");
  turn.woken();
  assert.notEqual(await waits("b"), first);
});

test("a replica that has heard of none but itself does not wait, nor does one that was not woken", async () => {
  const { turn, waits } = turnOf("one");
  turn.woken();
  assert.equal(await waits(), 0);
  turn.heardOf("this one");
  turn.woken();
  assert.equal(await waits(), 0);
  turn.heardOf("another");
  assert.equal(await waits(), 0);
  turn.woken();
  assert.ok((await waits()) > 0);
  assert.equal(await waits(), 0, "a message counts for one cycle");
});

test("a replica remembers beyond a restart that there are others, for a month", async () => {
  const { turn, stateFile } = turnOf("one");
  turn.heardOf("another");
  for (const [days, doesWait] of [
    [1, true],
    [29, true],
    [31, false],
  ] as const) {
    const othersHeardAt = (stateFile.state.othersHeardAt ?? 0) - days * 24 * 3_600_000;
    const next = turnOf("one", undefined, { othersHeardAt });
    next.turn.woken();
    assert.equal((await next.waits()) > 0, doesWait, `after ${days} days`);
  }
});

test("of replicas that know one another and are woken at once, exactly one goes, then the next", async () => {
  const waiting = new Set(["a", "b", "c", "d", "e"]);
  const all = [...waiting].map((id) => ({ id, head: "the former", isRestarting: false }));
  while (waiting.size > 0) {
    const first: string[] = [];
    for (const id of waiting) {
      const { turn, waits } = turnOf(id, () => all.filter((other) => other.id !== id));
      turn.woken();
      if ((await waits()) === 0) first.push(id);
    }
    assert.equal(first.length, 1, `${first.join(" and ")} of ${[...waiting].join(", ")}`);
    const [next = ""] = first;
    waiting.delete(next);
    for (const each of all) if (each.id === next) each.head = "a snapshot";
  }
});

test("one that waits goes on as soon as those before it are done", async () => {
  let looks = 0;
  const { turn } = turnOf("one", () => {
    looks += 1;
    return [{ id: "other", head: "the former", isRestarting: looks < 4 }];
  });
  await turn.within(() => turn.wait("a snapshot", never));
  assert.equal(looks, 4);
});

test("one that knows others waits for those that restart or come before it, and for its part of a minute at most", async () => {
  const others = (...states: Partial<OtherReplica>[]) =>
    states.map((state, at) => ({ id: `other ${at}`, head: undefined, isRestarting: false, ...state }));
  const waitOf = async (known: readonly OtherReplica[], isWoken = true) => {
    const { turn, waits } = turnOf("one", () => known);
    if (isWoken) turn.woken();
    return waits();
  };
  assert.equal(await waitOf([]), 0);
  assert.equal(await waitOf(others({ head: "a snapshot" }, { head: "a snapshot" })), 0);
  assert.equal(await waitOf(others({ isRestarting: true }, { head: "a snapshot" })), 20_000);
  assert.equal(await waitOf(others({ isRestarting: true }, { head: "a snapshot" }), false), 20_000);
  const many = others(...Array.from({ length: 19 }, () => ({})));
  const placed = await waitOf(many);
  assert.ok(placed > 0 && placed < 60_000 && placed % 3_000 === 0, `${placed}`);
  assert.equal(await waitOf(many, false), placed, "by its interval");
});

test("the time in which another one restarts does not count", async () => {
  const done = Array.from({ length: 599 }, (_, at) => ({
    id: `${at}`,
    head: "a snapshot",
    isRestarting: false,
  }));
  let looks = 0;
  const { turn } = turnOf("one", () => {
    looks += 1;
    return [{ id: "other", head: "the former", isRestarting: looks < 20 }, ...done];
  });
  await turn.within(() => turn.wait("a snapshot", never));
  assert.ok(looks >= 20, `a tenth of a second is its part, and it went on after ${looks} looks`);
});

test("what a person asks for waits for nobody, in the cycle that runs and in the next", async () => {
  const { turn } = turnOf("one", () => [{ id: "other", head: undefined, isRestarting: true }]);
  await turn.within(async () => {
    const waiting = turn.wait("a snapshot", never);
    turn.hurryNext();
    await waiting;
  });
  await turn.within(() => turn.wait("a snapshot", never));
  const third = AbortSignal.timeout(50);
  await turn.within(() => turn.wait("a snapshot", third));
  assert.ok(third.aborted, "the one after that waits");
});

test("a shutdown ends the wait at once", async () => {
  const { turn } = turnOf("one");
  const shutdown = new AbortController();
  turn.heardOf("another");
  turn.woken();
  const done = turn.within(() => turn.wait("a snapshot", shutdown.signal));
  shutdown.abort();
  await done;
});
