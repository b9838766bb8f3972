import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Role } from "../../src/config/index.ts";
import type { ReplicatorEvent } from "../../src/events/index.ts";
import { createWaker } from "../../src/ntfy/index.ts";
import { SUBSCRIPTION_TIMEOUTS } from "../../src/ntfy/timeouts.ts";
import { type NtfyServer, startNtfy } from "../support/ntfy-server.ts";
import { waitFor } from "../support/wait.ts";

const published = { title: "north: configuration published", tags: ["outbox_tray"] };

let ntfy: NtfyServer;
let end: AbortController;
afterEach(() => {
  end.abort();
  ntfy.close();
});

async function start(role: Role) {
  ntfy = await startNtfy();
  end = new AbortController();
  const events: ReplicatorEvent[] = [];
  const wake = { server: ntfy.url, topic: "kuma", authorization: undefined };
  const waker = createWaker(
    { wake, role, proxy: undefined },
    { ...SUBSCRIPTION_TIMEOUTS, shortestPause: 20, betweenWakes: 2_000 },
  );
  let wakes = 0;
  const appliers: string[] = [];
  return {
    events,
    appliers,
    wakes: () => wakes,
    become: (to: Role) => waker.listener({ type: "role-changed", role: to, interval: 1 }),
    begin: () =>
      waker.start(
        {
          publish: () => {
            wakes++;
          },
          apply: (name) => appliers.push(name),
        },
        (event) => events.push(event),
        end.signal,
      ),
  };
}

function until(what: string, isSo: () => boolean): Promise<true> {
  return waitFor(what, () => isSo() || undefined, { every: 5 });
}

const streams = (count: number) => until(`${count} streams`, () => ntfy.streams() === count);

describe("createWaker", () => {
  it("wakes a replica at a publish", async () => {
    const { begin, wakes, events } = await start("replica");
    begin();
    await streams(1);
    ntfy.post("kuma", published);
    await until("the wake", () => wakes() === 1);
    assert.deepEqual(events, [{ type: "wake-ready" }, { type: "woken" }]);
  });

  it("follows the role, however often that changes, and that it got before the start", async () => {
    const { become, begin, wakes } = await start("replica");
    become("primary");
    begin();
    await sleep(100);
    assert.equal(ntfy.asked.length, 0, "a primary has nothing to listen for");
    for (let round = 1; round <= 3; round++) {
      become("replica");
      become("replica");
      await streams(1);
      assert.equal(ntfy.asked.length, round);
      become("primary");
      await streams(0);
    }
    ntfy.post("kuma", published);
    await sleep(100);
    assert.equal(wakes(), 0);
    become("replica");
    await streams(1);
    ntfy.post("kuma", published);
    await until("the wake", () => wakes() === 1);
  });

  it("turns a flood into few wakes, and loses the last of it not", async () => {
    const { begin, wakes } = await start("replica");
    begin();
    await streams(1);
    const begun = performance.now();
    for (let i = 0; i < 500; i++) {
      ntfy.post("kuma", published);
      if (i === 250) await until("the first wake", () => wakes() === 1);
    }
    await until("the second wake", () => wakes() === 2);
    assert.ok(performance.now() - begun >= 1_995);
    await sleep(2_500);
    assert.equal(wakes(), 2);
  });

  it("is silent after the end, also about what still waited", async () => {
    const { begin, wakes, become } = await start("replica");
    begin();
    await streams(1);
    ntfy.post("kuma", published);
    await until("the first", () => wakes() === 1);
    ntfy.post("kuma", published);
    await sleep(50);
    end.abort();
    await streams(0);
    become("primary");
    become("replica");
    await sleep(2_500);
    assert.equal(wakes(), 1);
    assert.equal(ntfy.asked.length, 1);
  });

  it("tells who has applied something", async () => {
    const { begin, appliers } = await start("replica");
    begin();
    await streams(1);
    for (const by of ["south", "west"])
      ntfy.post("kuma", { title: `${by}: configuration applied`, tags: ["inbox_tray"] });
    await until("both", () => appliers.length === 2);
    assert.deepEqual(appliers, ["south", "west"]);
  });

  it("does nothing where it is off", async () => {
    ntfy = await startNtfy();
    end = new AbortController();
    const waker = createWaker({ wake: undefined, role: "replica", proxy: undefined });
    waker.start(
      { publish: () => assert.fail(), apply: () => assert.fail() },
      () => assert.fail(),
      end.signal,
    );
    waker.listener({ type: "role-changed", role: "primary", interval: 1 });
  });
});
