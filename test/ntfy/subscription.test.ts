import assert from "node:assert/strict";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { after, afterEach, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { describeEvent, type ReplicatorEvent } from "../../src/events/index.ts";
import { subscribeToTopic } from "../../src/ntfy/subscription.ts";
import { SUBSCRIPTION_TIMEOUTS, type SubscriptionTimeouts } from "../../src/ntfy/timeouts.ts";
import { startNtfy } from "../support/ntfy-server.ts";
import { freePort } from "../support/ports.ts";
import { waitFor } from "../support/wait.ts";

const published = { title: "north: configuration published", tags: ["outbox_tray"] };
const applied = { title: "south: configuration applied", tags: ["inbox_tray"] };
/** A test does not wait as long as a night goes on. */
const quick: SubscriptionTimeouts = { ...SUBSCRIPTION_TIMEOUTS, shortestPause: 20, longestPause: 160 };
/** Of servers that say nothing; too little for others, where the machine is busy. */
const impatient: SubscriptionTimeouts = { ...quick, firstLine: 1_000, silence: 3_000 };

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function serve(options: Parameters<typeof startNtfy>[0] = {}) {
  const ntfy = await startNtfy(options);
  closing.push(ntfy.close);
  return ntfy;
}

/** A server that is none of ntfy's: answers each request in its own way. */
async function serveOther(answer: http.RequestListener): Promise<string> {
  const server = http.createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function listen(server: string, { timeouts = quick, authorization = undefined as string | undefined } = {}) {
  const events: ReplicatorEvent[] = [];
  const reported: string[] = [];
  const end = new AbortController();
  let heard = 0;
  const done = subscribeToTopic(
    { ntfy: { server, topic: "my-secret-topic", authorization }, timeouts, fetch },
    { publish: () => heard++, apply: () => undefined },
    (event) => {
      events.push(event);
      reported.push(event.type === "wake-failed" ? event.problem.code : event.type);
    },
    end.signal,
  );
  const stop = async () => {
    end.abort();
    await done;
  };
  closing.push(() => end.abort());
  return { reported, events, heard: () => heard, stop };
}

function until(what: string, isSo: () => boolean): Promise<true> {
  return waitFor(what, () => isSo() || undefined, { every: 5 });
}

describe("subscribeToTopic", () => {
  after(() => assert.equal(closing.length, 0));

  it("calls back for each publish, and for nothing else", async () => {
    const ntfy = await serve();
    const { heard, reported } = listen(ntfy.url);
    await until("the stream", () => reported.length === 1);
    ntfy.post("another-topic", published);
    ntfy.post("my-secret-topic", applied);
    ntfy.post("my-secret-topic", published);
    await until("the first publish", () => heard() === 1);
    ntfy.post("my-secret-topic", published);
    await until("the second publish", () => heard() === 2);
    await sleep(50);
    assert.equal(heard(), 2);
    assert.deepEqual(reported, ["wake-ready"]);
    assert.deepEqual(
      ntfy.asked.map(({ url, authorization }) => [url, authorization]),
      [["/my-secret-topic/json", undefined]],
    );
  });

  it("authorizes itself as the notifier does", async () => {
    const ntfy = await serve();
    const { reported } = listen(ntfy.url, { authorization: "Bearer tk_hush" });
    await until("the stream", () => reported.length === 1);
    assert.equal(ntfy.asked[0]?.authorization, "Bearer tk_hush");
  });

  it("gets what it missed between two streams, each message once", async () => {
    const ntfy = await serve();
    const { heard, reported } = listen(ntfy.url);
    ntfy.post("my-secret-topic", published);
    await until("the stream", () => reported.length === 1);
    ntfy.post("my-secret-topic", published);
    await until("a publish", () => heard() === 1);
    for (let missed = 1; missed <= 3; missed++) {
      ntfy.cut();
      await until("the cut", () => ntfy.streams() === 0);
      ntfy.post("my-secret-topic", published);
      await until("what was missed", () => heard() === 1 + missed);
    }
    await sleep(50);
    assert.equal(heard(), 4);
    assert.deepEqual(reported, ["wake-ready"], "a stream that is opened again is no news");
  });

  it("takes a stream that is silent for long for a dead one, and keepalives for life", async () => {
    const ntfy = await serve({ keepalive: 100 });
    const timeouts = { ...impatient, firstLine: SUBSCRIPTION_TIMEOUTS.firstLine };
    const alive = listen(ntfy.url, { timeouts });
    await sleep(2 * timeouts.silence);
    assert.equal(ntfy.asked.length, 1);
    await alive.stop();
    const dead = await serve();
    const { reported } = listen(dead.url, { timeouts });
    await until("another stream", () => dead.asked.length === 2);
    assert.deepEqual(reported, ["wake-ready"]);
  });

  it("waits longer and longer, reports the failure once, and that it works again", async () => {
    const ntfy = await serve();
    ntfy.refuseWith = 500;
    const { reported, heard } = listen(ntfy.url);
    await until("six tries", () => ntfy.asked.length === 6);
    const pauses = ntfy.asked.slice(1).map(({ at }, index) => at - (ntfy.asked[index]?.at ?? 0));
    for (const [index, least] of [20, 40, 80, 160, 160].entries())
      assert.ok((pauses[index] ?? 0) >= least - 2, `${pauses}`);
    assert.deepEqual(reported, ["wake-refused"]);
    ntfy.refuseWith = undefined;
    await until("it works", () => reported.length === 2);
    assert.equal(heard(), 1, "a publish may have been missed");
    ntfy.post("my-secret-topic", published);
    await until("a publish", () => heard() === 2);
    ntfy.refuseWith = 503;
    ntfy.cut();
    await until("the second failure", () => reported.length === 3);
    assert.deepEqual(reported, ["wake-refused", "wake-ready", "wake-refused"]);
  });

  it("begins with short pauses again after a stream that lived, not after one that ended at once", async () => {
    const ntfy = await serve();
    const timeouts = { ...quick, longestPause: 60_000, stable: 2_000 };
    listen(ntfy.url, { timeouts });
    const reopened = async (count: number) => {
      await until("a stream", () => ntfy.streams() === 1 && ntfy.asked.length === count);
      ntfy.cut();
      const cutAt = performance.now();
      await until("the next", () => ntfy.asked.length === count + 1);
      return performance.now() - cutAt;
    };
    const pauses = [20, 40, 80, 160, 320, 640, 1_280];
    for (const [index, least] of pauses.entries()) assert.ok((await reopened(index + 1)) >= least - 2);
    await until("the stream", () => ntfy.streams() === 1);
    await sleep(timeouts.stable + 200);
    assert.ok((await reopened(pauses.length + 1)) < 2_560, "not twice the last");
  });

  it("says what to do when it is refused, and nothing secret", async () => {
    const ntfy = await serve();
    for (const [status, advice] of [
      [401, /Let NTFY_TOKEN, or the user in NTFY_URL, read it/],
      [403, /Let NTFY_TOKEN, or the user in NTFY_URL, read it/],
      [429, /an ntfy server of your own/],
      [404, /Check NTFY_URL/],
    ] as const) {
      ntfy.refuseWith = status;
      const { events, reported, stop } = listen(ntfy.url, { authorization: "Bearer tk_hush" });
      await until("the failure", () => reported.length === 1);
      await stop();
      const [event] = events;
      assert.ok(event !== undefined);
      const { level, message } = describeEvent(event);
      assert.equal(level, "warn");
      assert.match(message, advice);
      assert.match(message, new RegExp(`answered ${status}: `));
      assert.doesNotMatch(JSON.stringify([message, event]), /tk_hush|my-secret-topic/);
    }
  });

  it("reports a server that is not there, sends nothing, or something else", async () => {
    const html = await serveOther((_, answer) => answer.end("<html>\n<p>Welcome!</p>\n</html>\n"));
    const mute = await serveOther((_, answer) => answer.writeHead(200).flushHeaders());
    const deaf = await serveOther(() => {});
    const chatty = await serveOther((_, answer) => {
      const timer = setInterval(() => answer.write("hello\n"), 20);
      answer.once("close", () => clearInterval(timer));
    });
    for (const [server, code] of [
      [`http://127.0.0.1:${await freePort()}`, "wake-unreachable"],
      [html, "wake-no-stream"],
      [mute, "wake-silent"],
      [deaf, "wake-silent"],
      [chatty, "wake-silent"],
    ] as const) {
      const { reported, stop } = listen(server, { timeouts: impatient });
      await until(code, () => reported.length > 0);
      await stop();
      assert.deepEqual(reported, [code]);
    }
  });

  it("finds a publish among garbage, endless lines and half characters", async () => {
    const lines = (event: string, tags: string[]) =>
      JSON.stringify({ id: "abc", time: 1_700_000_000, event, topic: "x", title: "é🏳️‍🌈", tags });
    const bytes = Buffer.from(
      [
        lines("open", []),
        "garbage",
        "{",
        "x".repeat(300_000),
        lines("message", ["outbox_tray"]),
        "",
        JSON.stringify({ event: "message", tags: ["outbox_tray"] }),
        lines("message", ["outbox_tray"]),
        "",
      ].join("\n"),
    );
    const server = await serveOther(async (_, answer) => {
      for (let at = 0; at < bytes.length; at += 4_093) {
        answer.write(bytes.subarray(at, at + 4_093));
        await sleep(1);
      }
    });
    const { heard, reported } = listen(server);
    await until("both", () => heard() === 2);
    assert.deepEqual(reported, ["wake-ready"]);
  });

  it("ends at once: while connecting, in a stream, in a pause", async () => {
    const deaf = await serveOther(() => {});
    const ntfy = await serve();
    const nobody = `http://127.0.0.1:${await freePort()}`;
    for (const server of [deaf, ntfy.url, nobody]) {
      const { stop, reported } = listen(server, {
        timeouts: { ...SUBSCRIPTION_TIMEOUTS, shortestPause: SUBSCRIPTION_TIMEOUTS.longestPause },
      });
      await sleep(500);
      const before = [...reported];
      const start = performance.now();
      await stop();
      assert.ok(performance.now() - start < 5_000, server);
      assert.deepEqual(reported, before, "and says nothing of that");
    }
    await until("the stream's end", () => ntfy.streams() === 0);
  });
});
