import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { ReplicatorEvent } from "../../../src/events/index.ts";
import { createTurn } from "../../../src/replication/replica/turn.ts";

const never = new AbortController().signal;

function turnOf(instanceId: string) {
  const events: ReplicatorEvent[] = [];
  const turn = createTurn({ state: { format: 1, instanceId } }, (event) => events.push(event));
  /** How long a restart in the next cycle waits, milliseconds. */
  const waits = async (snapshotId = "a snapshot") => {
    const from = events.length;
    await turn.within(async () => {
      const waiting = turn.wait(snapshotId, never);
      turn.hurry();
      await waiting;
    });
    return events.slice(from).flatMap((event) => (event.type === "restart-waits" ? [event.waitMs] : []));
  };
  return { turn, waits };
}

test("replicas that one message wakes restart evenly over a minute", async () => {
  const all: number[] = [];
  for (let instance = 0; instance < 600; instance += 1) {
    const { turn, waits } = turnOf(`instance ${instance}`);
    turn.woken(false);
    all.push(...(await waits()));
  }
  assert.equal(all.length, 600);
  const inEach = (from: number) => all.filter((wait) => wait >= from && wait < from + 10_000).length;
  for (const from of [0, 10_000, 20_000, 30_000, 40_000, 50_000])
    assert.ok(inEach(from) >= 70 && inEach(from) <= 130, `${inEach(from)} from ${from} ms on`);
});

test("another snapshot has another order", async () => {
  const { turn, waits } = turnOf("one");
  turn.woken(false);
  const first = await waits("a");
  turn.woken(false);
  assert.notDeepEqual(await waits("b"), first);
});

test("a replica that is alone, and one that was not woken, does not wait; a wake counts for one cycle", async () => {
  const { turn, waits } = turnOf("one");
  assert.deepEqual(await waits(), []);
  turn.woken(true);
  assert.deepEqual(await waits(), []);
  turn.woken(false);
  assert.equal((await waits()).length, 1);
  assert.deepEqual(await waits(), []);
});

test("a shutdown ends the wait at once", async () => {
  const { turn } = turnOf("one");
  const shutdown = new AbortController();
  turn.woken(false);
  const done = turn.within(() => turn.wait("a snapshot", shutdown.signal));
  await sleep(10);
  const begun = performance.now();
  shutdown.abort();
  await done;
  assert.ok(performance.now() - begun < 1_000);
});
