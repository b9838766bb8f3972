import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { hostname } from "node:os";
import { beforeEach, test } from "node:test";
import fc from "fast-check";

type Send = (...args: unknown[]) => Promise<unknown>;
const nameMessages: (target: { send: Send }) => void = createRequire(import.meta.url)(
  "../../patches/replicator-kuma-notification.cjs",
);

/** As Kuma's class in what matters here: `send` lives from `this`, beside other things that are to stay. */
function wrapped() {
  const received: unknown[][] = [];
  const Notification = {
    answer: "sent" as unknown,
    other() {
      return this.answer;
    },
    async send(...args: unknown[]): Promise<unknown> {
      received.push(args);
      if (this.answer instanceof Error) throw this.answer;
      return this.other();
    },
  };
  const { other } = Notification;
  nameMessages(Notification);
  assert.deepEqual(Object.keys(Notification), ["answer", "other", "send"]);
  assert.equal(Notification.other, other);
  return { Notification, received };
}

beforeEach(() => {
  process.env.REPLICATOR_INSTANCE_NAME = "eu";
});

test("the message and the heartbeat's begin with the name, once, whatever they say", async () => {
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("[eu] x", "[eu]x", "[us] x", "", "[eu] "),
  );
  await fc.assert(
    fc.asyncProperty(text, text, async (msg, beat) => {
      const { Notification, received } = wrapped();
      const heartbeat = Object.freeze({ msg: beat, status: 0 });
      await Notification.send("n", msg, "m", heartbeat);
      const once = (words: string) => (words.startsWith("[eu] ") ? words : `[eu] ${words}`);
      assert.deepEqual(received, [["n", once(msg), "m", { msg: once(beat), status: 0 }]]);
      assert.notEqual(received[0]?.[3], heartbeat);
    }),
  );
});

test("what is not text is left alone", async () => {
  const { Notification, received } = wrapped();
  const withoutText = { msg: null };
  for (const args of [
    ["n", undefined, null, null],
    ["n", null, undefined, undefined],
    ["n", { a: 1 }, "m", withoutText],
    ["n", 7, "m", "text"],
    ["n", 7, "m", null, "a fifth", "a sixth"],
  ]) {
    await Notification.send(...args);
    assert.deepEqual(received.at(-1), args);
  }
  assert.equal(received[2]?.[3], withoutText);
});

test("parameters left out keep their defaults", async () => {
  const received: unknown[][] = [];
  const Notification = {
    send: async (n: unknown, msg: unknown, monitor: unknown = null, heartbeat: unknown = null) => {
      received.push([n, msg, monitor, heartbeat]);
    },
  };
  nameMessages(Notification as { send: Send });
  await (Notification.send as Send)("n", "test");
  assert.deepEqual(received, [["n", "[eu] test", null, null]]);
});

test("the answer, an error and `this` pass through", async () => {
  const { Notification } = wrapped();
  assert.equal(await Notification.send("n", "x"), "sent");
  const sub = Object.assign(Object.create(Notification) as typeof Notification, { answer: "sub" });
  assert.equal(await sub.send("n", "x"), "sub");
  Notification.answer = new Error("provider says no");
  await assert.rejects(Notification.send("n", "x"), /provider says no/);
});

test("the name is read for each message; without one it is the host's", async () => {
  const { Notification, received } = wrapped();
  for (const name of ["us", " padded ", "", "  ", undefined]) {
    if (name === undefined) delete process.env.REPLICATOR_INSTANCE_NAME;
    else process.env.REPLICATOR_INSTANCE_NAME = name;
    await Notification.send("n", "x");
  }
  const host = `[${hostname()}] x`;
  assert.deepEqual(
    received.map((args) => args[1]),
    ["[us] x", "[padded] x", host, host, host],
  );
});
