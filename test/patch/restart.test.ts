import assert from "node:assert/strict";
import { AsyncResource } from "node:async_hooks";
import { createRequire } from "node:module";
import { afterEach, test } from "node:test";

type Row = Record<string, unknown>;

const { hastenRestart }: { hastenRestart(kuma: object, isAnyChecking: () => boolean): void } = createRequire(
  import.meta.url,
)("../../patches/replicator-kuma-restart.cjs");

const { setTimeout } = globalThis;
afterEach(() => {
  globalThis.setTimeout = setTimeout;
});

const sleep = (milliseconds: number) =>
  new Promise<void>((done) => globalThis.setTimeout(done, milliseconds));

/** What the module sees of a Kuma, and the way out that every release has. */
function smallKuma({ monitors = [] as Row[], lastBeats = [] as Row[] } = {}) {
  const state = { isChecking: false, started: 0, statements: 0 };
  let endMessage = () => {};
  const pool = { numUsed: () => state.statements, numPendingAcquires: () => 0 };
  const client: { pool: object | undefined } = { pool };
  const kuma = {
    R: { knex: { client }, find: async (..._: string[]) => monitors, getAll: async (_: string) => lastBeats },
    server: { stop: async () => {} },
    Notification: {
      send: () =>
        new Promise<void>((resolve) => {
          endMessage = resolve;
        }),
    },
    Monitor: class {
      start() {
        state.started += 1;
      }
    },
  };
  hastenRestart(kuma, () => state.isChecking);
  const wayOut = async () => {
    await kuma.server.stop();
    await sleep(2_000);
    client.pool = undefined;
    await sleep(2_000);
  };
  // As in Kuma, what a signal calls is apart from all else.
  const end = () => new AsyncResource("signal").runInAsyncScope(wayOut);
  return { kuma, state, end, endMessage: () => endMessage() };
}

/** Which of them is over first. */
async function first(end: Promise<void>, milliseconds: number): Promise<"the end" | "the time"> {
  const late = new Promise<"the time">((resolve) => setTimeout(() => resolve("the time"), milliseconds));
  return Promise.race([end.then(() => "the end" as const), late]);
}

test("a Kuma in which nothing is under way does not sleep at its end", async () => {
  assert.equal(await first(smallKuma().end(), 2_500), "the end");
});

test("a check, a statement and a message are waited for", async () => {
  const { kuma, state, end, endMessage } = smallKuma();
  state.isChecking = true;
  const ended = end();
  assert.equal(await first(ended, 400), "the time");
  state.statements = 1;
  state.isChecking = false;
  assert.equal(await first(ended, 400), "the time");
  const sent = kuma.Notification.send();
  state.statements = 0;
  assert.equal(await first(ended, 400), "the time");
  endMessage();
  await sent;
  await ended;
});

test("what never ends is waited for no longer than Kuma itself does", async () => {
  const { state, end } = smallKuma();
  state.isChecking = true;
  const begun = performance.now();
  await end();
  assert.ok(performance.now() - begun >= 3_400);
});

test("other timers are as they were, and no monitor is started at the end", async () => {
  const { kuma, state, end } = smallKuma();
  new kuma.Monitor().start();
  assert.equal(state.started, 1);
  const before = sleep(2_000);
  await end();
  assert.equal(await first(before, 1), "the time");
  assert.equal(await first(sleep(2_000), 500), "the time", "not of the end");
  new kuma.Monitor().start();
  assert.equal(state.started, 1);
});

test("the start begins with monitors without a heartbeat, then with the most overdue; once", async () => {
  const { kuma } = smallKuma({
    monitors: [{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }],
    lastBeats: [
      { id: 1, pause: 60, last_time: "2026-11-27 17:00:30.000" },
      { id: 2, pause: 20, last_time: "2026-11-27 17:01:00.000" },
      { id: 3, pause: 20, last_time: null },
      { id: 4, pause: 3_600, last_time: new Date("2026-11-27T16:00:00Z") },
    ],
  });
  const ids = (rows: Row[]) => rows.map(({ id }) => id);
  assert.deepEqual(ids(await kuma.R.find("monitor", " parent = ? ")), [1, 2, 3, 4]);
  assert.deepEqual(ids(await kuma.R.find("monitor", " active = 1 ")), [3, 4, 2, 1]);
  assert.deepEqual(ids(await kuma.R.find("monitor", " active = 1 ")), [1, 2, 3, 4]);
});
