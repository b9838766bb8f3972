import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";

type Method = (...args: unknown[]) => Promise<unknown>;
const require = createRequire(import.meta.url);
const joinPeers: (target: { send: Method }) => void = require("../../patches/replicator-kuma-peers.cjs");
const { askBeforeMessages } = require("../../patches/replicator-kuma-alerts.cjs");

interface About {
  readonly kind: string;
  readonly beat?: Record<string, unknown>;
  readonly subject?: string;
  readonly notifications: readonly string[];
}

interface Said {
  readonly hello?: true;
  readonly ask?: number;
  readonly about?: About;
  readonly report?: About;
  readonly notification?: string;
  readonly isSent?: boolean;
}

/** Kuma's class in what matters, in a process with a channel to a supervisor that answers nothing by itself. */
function wrapped(mode: string | undefined) {
  const received: unknown[][] = [];
  const said: Said[] = [];
  process.removeAllListeners("message");
  process.removeAllListeners("disconnect");
  if (mode === undefined) delete process.env.REPLICATOR_ALERT;
  else process.env.REPLICATOR_ALERT = mode;
  process.connected = true;
  process.send = (message: Said, onEnd?: unknown) => {
    said.push(message);
    if (typeof onEnd === "function") onEnd(null);
    return true;
  };
  const Notification = {
    async send(...args: unknown[]): Promise<unknown> {
      received.push(args);
      if (args[0] === "refuses") throw new Error("refused");
      return "sent";
    },
  };
  joinPeers(Notification);
  const asked = () => said.filter(({ ask }) => ask !== undefined);
  const reports = () => said.filter(({ report }) => report !== undefined);
  const answer = (index: number, words: object = { verdict: "send" }) =>
    process.emit("message", { replicatorKumaPeers: 1, answer: asked()[index]?.ask, ...words }, undefined);
  return { Notification, received, said, asked, reports, answer };
}

/** Kuma's class Monitor, as far as a message goes through it, around a channel that says everything to `said`. */
function wrappedMonitor(kuma: ReturnType<typeof wrapped>) {
  const Monitor = {
    getNotificationList: async (_monitor: unknown) =>
      ["one", "refuses"].map((each) => ({ config: `"${each}"` })),
    async sendNotification(_isFirst: boolean, about: object, heartbeat: object) {
      const settled = [];
      for (const { config } of await Monitor.getNotificationList(about))
        settled.push(
          await kuma.Notification.send(JSON.parse(config), "is down", about, heartbeat).catch(() => "logged"),
        );
      return settled;
    },
  };
  const parts = {
    asks: ["down", "again", "up"],
    send: (message: object, onEnd = () => undefined) => process.send?.(message, onEnd),
    beatOf: ({ id }: { id: number }, status: number) => ({ id, status }),
  };
  askBeforeMessages(kuma.Notification, parts)(Monitor);
  return Monitor;
}

const monitor = Object.freeze({
  ...{ id: 3, name: "Shop", type: "http" },
  ...{ interval: 60, retryInterval: 20, maxretries: 2 },
});
const down = Object.freeze({ monitorID: 3, status: 0, msg: "timeout", important: true });
const EXPIRIES = [
  "[Shop][https://shop2.example.com] server certificate shop2 will be expired in 7 days",
  "[Shop][https://shop2.example.com] server certificate shop2 will expire in 6 days",
  "Domain name example.com will expire in 20 days",
];

test("a message about a monitor ends with the answer, in copies", async () => {
  const { Notification, received, asked, answer } = wrapped("annotate");
  const sent = Notification.send("one", "is down", monitor, down, "more");
  await setImmediate();
  const notifications = asked()[0]?.about?.notifications ?? [];
  assert.match(notifications.join(), /^[0-9a-f]{24}$/);
  assert.deepEqual(
    asked().map(({ about }) => about),
    [
      {
        kind: "down",
        beat: { id: 3, name: "Shop", type: "http", state: 0, every: 60_000, settles: 100_000 },
        notifications,
        isReplay: false,
      },
    ],
  );
  assert.equal(received.length, 0);
  answer(0, { verdict: "send", line: "down at eu; up at us (8 s ago)" });
  assert.equal(await sent, "sent");
  const text = " - down at eu; up at us (8 s ago)";
  assert.deepEqual(received, [
    ["one", `is down${text}`, monitor, { ...down, msg: `timeout${text}` }, "more"],
  ]);
});

test("a message is asked for as an outage, as one that goes on, or as its end", async () => {
  const { Notification, asked, answer } = wrapped("once");
  for (const [index, heartbeat] of [down, { ...down, important: false }, { ...down, status: 1 }].entries()) {
    const sent = Notification.send("n", "text", monitor, heartbeat);
    await setImmediate();
    answer(index);
    await sent;
  }
  assert.deepEqual(
    asked().map(({ about }) => about?.kind),
    ["down", "again", "up"],
  );
});

test("a message to several notifications is asked for once, with all of them, and what each says is reported", async () => {
  const kuma = wrapped("each");
  const Monitor = wrappedMonitor(kuma);
  const settled = Monitor.sendNotification(false, monitor, down);
  await setImmediate();
  const [ask] = kuma.asked();
  assert.equal(ask?.about?.notifications.length, 2);
  kuma.answer(0);
  // A provider's refusal reaches Kuma as ever.
  assert.deepEqual(await settled, ["sent", "logged"]);
  assert.equal(kuma.asked().length, 1);
  const reported = kuma.reports().filter(({ report }) => report?.notifications.length === 2);
  assert.deepEqual(
    reported.map(({ notification, isSent }) => [notification, isSent]),
    ask?.about?.notifications.map((each, index) => [each, index === 0]),
  );
});

test("an answer that excepts a notification skips it, and that one is not reported", async () => {
  const kuma = wrapped("each");
  const Monitor = wrappedMonitor(kuma);
  const settled = Monitor.sendNotification(false, monitor, down);
  await setImmediate();
  const except = kuma.asked()[0]?.about?.notifications.slice(1);
  kuma.answer(0, { verdict: "send", except });
  await settled;
  assert.deepEqual(
    kuma.received.map(([notification]) => notification),
    ["one"],
  );
  assert.ok(kuma.reports().every(({ notification }) => notification !== except?.[0]));
});

test("a message is not sent when it is to be dropped or withheld, which to Kuma is no error", async () => {
  const { Notification, received, reports, answer } = wrapped("once");
  for (const [index, verdict] of ["drop", "withhold"].entries()) {
    const sent = Notification.send("n", "is down", monitor, down);
    await setImmediate();
    answer(index, { verdict });
    assert.equal(typeof (await sent), "string");
  }
  assert.deepEqual([received, reports()], [[], []]);
});

test("a message goes out as it is without a line, after six seconds, and when the supervisor is gone", async (t) => {
  const { Notification, received, asked, reports, answer } = wrapped("quorum");
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const ends = [
    () => answer(0),
    () => t.mock.timers.tick(6_000),
    () => process.emit("disconnect"),
    () => answer(3, { verdict: "perhaps", line: 7, except: "all" }),
    () => answer(4, {}),
  ];
  for (const [index, end] of ends.entries()) {
    const sent = Notification.send("n", "is down", monitor, down);
    await setImmediate();
    assert.equal(received.length, index);
    end();
    await sent;
    assert.deepEqual(received.at(-1), ["n", "is down", monitor, down]);
    assert.equal(received.at(-1)?.[3], down);
  }
  // Also what was sent without an answer: a supervisor that was only slow must know.
  assert.equal(reports().length, ends.length);
  process.connected = false;
  await Notification.send("n", "is down", monitor, down);
  assert.deepEqual([received.length, asked().length], [ends.length + 1, ends.length]);
});

test("an expiry is asked for by its text without the days", async () => {
  const { Notification, asked, answer } = wrapped("once");
  const texts = [...EXPIRIES, String(EXPIRIES[1]).replace("6 days", "5 days")];
  for (const [index, text] of texts.entries()) {
    const sent = Notification.send("n", text);
    await setImmediate();
    answer(index, { verdict: "drop" });
    await sent;
  }
  const abouts = asked().map(({ about }) => about);
  assert.deepEqual([...new Set(abouts.map((about) => about?.kind))], ["expiry"]);
  assert.equal(new Set(abouts.map((about) => about?.subject)).size, EXPIRIES.length);
  assert.equal(abouts[3]?.subject, abouts[1]?.subject);
});

test("tests and what is not known are neither asked for nor reported", async () => {
  const { Notification, received, said } = wrapped("once");
  const messages = [
    ["n", "My Notification Testing"],
    ["n", "certificate will expire in 7 days Testing"],
    ["n", "something new"],
    ["n", undefined],
    ["n", "text", monitor, { status: 3 }],
  ];
  said.length = 0;
  for (const args of messages) await Notification.send(...args);
  assert.deepEqual(
    received.map(([, text]) => text),
    messages.map(([, text]) => text),
  );
  assert.deepEqual(said, []);
});

test("with each and, of expiries, with annotate nothing is asked, and what was sent is reported", async () => {
  for (const [mode, args] of [
    ["each", ["n", "is down", monitor, down]],
    ["annotate", ["n", EXPIRIES[0], null, null]],
  ] as const) {
    const { Notification, received, asked, reports } = wrapped(mode);
    await Notification.send(...args);
    assert.deepEqual([received, asked().length, reports().length], [[[...args]], 0, 1]);
  }
});

test("nothing is wrapped without peers, and without a channel", () => {
  for (const mode of ["", undefined, "sometimes"]) {
    const { Notification, said } = wrapped(mode);
    assert.equal(Notification.send.name, "send");
    assert.deepEqual(said, []);
  }
  assert.deepEqual(wrapped("each").said, [{ replicatorKumaPeers: 1, hello: true }]);
  delete process.send;
  const Notification = { send: async () => "as ever" };
  const { send } = Notification;
  joinPeers(Notification);
  assert.equal(Notification.send, send);
});
