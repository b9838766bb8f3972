import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { beforeEach, test } from "node:test";
import { setImmediate } from "node:timers/promises";

type Send = (...args: unknown[]) => Promise<unknown>;
const consultPeers: (target: { send: Send }) => void = createRequire(import.meta.url)(
  "../../patches/replicator-kuma-peers.cjs",
);

interface Asked {
  readonly ask: number;
  readonly beat: Record<string, unknown>;
}

/** Kuma's class in what matters, in a process with a channel to a supervisor that answers nothing by itself. */
function wrapped(mode: string | undefined) {
  const received: unknown[][] = [];
  const asked: Asked[] = [];
  process.removeAllListeners("message");
  process.removeAllListeners("disconnect");
  if (mode === undefined) delete process.env.REPLICATOR_ALERT;
  else process.env.REPLICATOR_ALERT = mode;
  process.connected = true;
  process.send = (message: Asked) => {
    asked.push(message);
    return true;
  };
  const Notification = {
    async send(...args: unknown[]): Promise<unknown> {
      received.push(args);
      return "sent";
    },
  };
  consultPeers(Notification);
  const answer = (index: number, line?: string) =>
    process.emit("message", { replicatorKumaPeers: 1, answer: asked[index]?.ask, line }, undefined);
  return { Notification, received, asked, answer };
}

const monitor = Object.freeze({ id: 3, name: "Shop", type: "http", interval: 60, retryInterval: 20 });
const down = Object.freeze({ monitorID: 3, status: 0, msg: "timeout", time: "2026-11-27 17:00:00.000" });

beforeEach(() => {
  process.env.REPLICATOR_INSTANCE_NAME = "eu";
});

test("a message about a monitor ends with the answer, in copies, and is asked for once for all providers", async () => {
  const { Notification, received, asked, answer } = wrapped("annotate");
  const sent = ["one", "two"].map((provider) =>
    Notification.send(provider, "is down", monitor, down, "more"),
  );
  await setImmediate();
  assert.deepEqual(
    asked.map(({ beat }) => beat),
    [{ id: 3, name: "Shop", type: "http", state: 0, every: 60_000 }],
  );
  assert.equal(received.length, 0);
  answer(0, "down at eu; up at us (8 s ago)");
  assert.deepEqual(await Promise.all(sent), ["sent", "sent"]);
  const text = " - down at eu; up at us (8 s ago)";
  assert.deepEqual(received[0], [
    "one",
    `is down${text}`,
    monitor,
    { ...down, msg: `timeout${text}` },
    "more",
  ]);
  assert.equal(received[1]?.[1], received[0]?.[1]);
});

test("the next heartbeat is asked for anew", async () => {
  const { Notification, asked, answer } = wrapped("annotate");
  for (const [index, status] of [0, 1].entries()) {
    const sent = Notification.send("n", "text", monitor, { ...down, status, time: `at ${status}` });
    await setImmediate();
    answer(index);
    await sent;
  }
  assert.deepEqual(
    asked.map(({ beat }) => beat.state),
    [0, 1],
  );
});

test("a message goes out as it is without a line, after five seconds, and when the supervisor is gone", async (t) => {
  const { Notification, received, asked, answer } = wrapped("annotate");
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const ends = [
    () => answer(0),
    () => t.mock.timers.tick(5_000),
    () => process.emit("disconnect"),
    () => answer(3, 7 as never),
  ];
  for (const [index, end] of ends.entries()) {
    const heartbeat = { ...down, time: `${index}` };
    const sent = Notification.send("n", "is down", monitor, heartbeat);
    await setImmediate();
    assert.equal(received.length, index);
    end();
    await sent;
    assert.deepEqual(received.at(-1), ["n", "is down", monitor, heartbeat]);
    assert.equal(received.at(-1)?.[3], heartbeat);
  }
  process.connected = false;
  await Notification.send("n", "is down", monitor, { ...down, time: "later" });
  assert.deepEqual([received.length, asked.length], [5, 4]);
});

test("a test, a certificate and a domain are not asked for", async () => {
  const { Notification, received, asked } = wrapped("annotate");
  for (const args of [
    ["n", "test"],
    ["n", "certificate expires", null, null],
    ["n", "text", monitor, { status: 3 }],
  ])
    await Notification.send(...args);
  assert.deepEqual([received.length, asked.length], [3, 0]);
});

test("nothing is wrapped with each, without peers, and without a channel", () => {
  for (const mode of ["each", "", undefined]) {
    const { Notification } = wrapped(mode);
    assert.equal(Notification.send.name, "send");
  }
  process.env.REPLICATOR_ALERT = "annotate";
  delete process.send;
  const Notification = { send: async () => "as ever" };
  const { send } = Notification;
  consultPeers(Notification);
  assert.equal(Notification.send, send);
});
