import assert from "node:assert/strict";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, beforeEach, describe, it } from "node:test";
import { loadConfig } from "../../src/config/index.ts";
import type { ReplicatorEvent } from "../../src/events/index.ts";
import { createFetch, createPost } from "../../src/fetch/index.ts";
import { createNtfyNotifier, createWaker } from "../../src/ntfy/index.ts";
import { createPinger } from "../../src/ping/index.ts";
import { samples } from "../events/samples.ts";
import { type NtfyServer, startNtfy } from "../support/ntfy-server.ts";
import { waitFor } from "../support/wait.ts";
import { type ProxyServer, startProxy } from "./proxy-server.ts";

/** The settings of an instance that reaches ntfy and its dead man's switch by a name that only the proxy knows. */
function configWith(env: NodeJS.ProcessEnv) {
  const loaded = loadConfig(
    {
      RESTIC_REPOSITORY: "/r",
      RESTIC_PASSWORD: "correct horse",
      NTFY_URL: `http://ntfy.invalid:${new URL(ntfy.url).port}/kuma`,
      REPLICATOR_WAKE: "ntfy",
      REPLICATOR_PING_URL: `http://pings.invalid:${pings}/ping/0123456789abcdef`,
      ...env,
    },
    "/nowhere",
  );
  assert.ok(loaded.ok);
  return loaded.config;
}

let proxy: ProxyServer;
let ntfy: NtfyServer;
let pingServer: http.Server;
let pings: number;

before(async () => {
  proxy = await startProxy();
  ntfy = await startNtfy();
  pingServer = http.createServer((_, answer) => answer.end());
  await new Promise<void>((resolve) => pingServer.listen(0, "127.0.0.1", resolve));
  pings = (pingServer.address() as AddressInfo).port;
});
beforeEach(() => {
  proxy.asked.length = 0;
});
after(() => {
  proxy.close();
  ntfy.close();
  pingServer.close();
  pingServer.closeAllConnections();
});

const until = (what: string, isSo: () => boolean) => waitFor(what, () => isSo() || undefined, { every: 10 });

describe("a proxy of the environment", () => {
  it("is what other instances are asked through, with bytes that come and go as they are, and a limit", async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, each) => each));
    const echo = http.createServer((request, answer) => request.pipe(answer));
    await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
    const { port } = echo.address() as AddressInfo;
    const { signal } = new AbortController();
    const config = { http: proxy.url, https: undefined, bypass: [] };
    const urls = [`http://kuma.invalid:${port}/peers`, `http://127.0.0.1:${port}/peers`];
    for (const [url, count] of urls.map((each, index) => [each, 2 - 2 * index] as const)) {
      proxy.asked.length = 0;
      const post = createPost(config);
      assert.deepEqual(await post(url, bytes, 256, signal), { status: 200, body: bytes });
      assert.deepEqual(await post(url, bytes, 255, signal), { status: 200, body: undefined });
      assert.equal(proxy.asked.length, count, url);
    }
    echo.close();
    echo.closeAllConnections();
  });

  for (const name of ["HTTP_PROXY", "http_proxy"])
    it(`${name}: notices, the wake stream and pings go through it, with its password, which is a secret`, async (t) => {
      const address = proxy.url.replace(
        "http://",
        name === "HTTP_PROXY" ? "http://me:pa%24%24word@" : "me:pa%24%24word@",
      );
      const config = configWith({ [name]: address });
      assert.ok(config.secrets.includes("pa$$word") && config.secrets.includes("pa%24%24word"));
      const events: ReplicatorEvent[] = [];
      const emit = (event: ReplicatorEvent) => events.push(event);
      const end = new AbortController();
      t.after(() => end.abort());
      let wakes = 0;
      createWaker(config).start({ publish: () => wakes++, apply: () => undefined }, emit, end.signal);
      await until("the stream", () => events.some(({ type }) => type === "wake-ready"));
      const notices = createNtfyNotifier(config, emit);
      notices.listener(samples.published);
      await until("a wake, by the notice", () => wakes === 1);
      createPinger(config, emit)({ type: "cycle-done", succeeded: true, durationMs: 1, nextInMs: 1 });
      const { port } = new URL(ntfy.url);
      const wanted = [
        `GET http://ntfy.invalid:${port}/kuma/json`,
        `POST http://ntfy.invalid:${port}/`,
        `GET http://pings.invalid:${pings}/ping/0123456789abcdef`,
      ];
      await until("all three", () => proxy.asked.length === 3);
      end.abort();
      await until("the stream's end", () => ntfy.streams() === 0);
      assert.deepEqual(
        proxy.asked.map(({ what }) => what),
        wanted,
      );
      const authorization = `Basic ${Buffer.from("me:pa$$word").toString("base64")}`;
      for (const one of proxy.asked) assert.equal(one.authorization, authorization);
      assert.deepEqual(
        events.map(({ type }) => type),
        ["wake-ready", "woken"],
      );
    });

  it("HTTPS_PROXY: https is reached by CONNECT, and http without it", async () => {
    const { proxy: settings } = configWith({ https_proxy: proxy.url });
    const fetch = createFetch(settings);
    // No TLS behind the tunnel: that it was asked for is what counts.
    await assert.rejects(fetch(`https://secure.invalid:${pings}/x`, {}));
    assert.deepEqual(
      proxy.asked.map(({ what }) => what),
      [`CONNECT secure.invalid:${pings}`],
    );
    assert.equal((await fetch(`http://127.0.0.1:${pings}/x`, {})).status, 200);
    await assert.rejects(fetch(`http://plain.invalid:${pings}/x`, {}));
    assert.equal(proxy.asked.length, 1);
  });

  it("NO_PROXY: what it names is asked directly, and this machine always is", async () => {
    const { proxy: settings } = configWith({ HTTP_PROXY: proxy.url, no_proxy: "x.org, .invalid" });
    const fetch = createFetch(settings);
    await assert.rejects(fetch(`http://pings.invalid:${pings}/x`, {}));
    assert.equal((await fetch(`http://127.0.0.1:${pings}/x`, {})).status, 200);
    assert.deepEqual(proxy.asked, []);
    assert.equal((await fetch(`http://other.test:${pings}/x`, {})).status, 200);
    assert.equal(proxy.asked.length, 1);
  });

  it("a proxy that cannot be used is told of, and keeps nothing from starting", () => {
    for (const HTTP_PROXY of ["socks5://me:hush-hush@127.0.0.1:1080", "http://:hush-hush@:/"]) {
      const config = configWith({ HTTP_PROXY });
      assert.equal(config.proxy, undefined);
      assert.match(config.warnings.join(), /^HTTP_PROXY names no proxy .* They go without one\./);
      assert.doesNotMatch(config.warnings.join(), /hush/);
    }
  });

  it("is of no interest where there is nothing to reach, and then fetch is Node's own", () => {
    const without = { NTFY_URL: "", REPLICATOR_PING_URL: "", REPLICATOR_WAKE: "" };
    assert.deepEqual(configWith({ HTTP_PROXY: "socks5://x", ...without }).warnings, []);
    assert.equal(createFetch(undefined), globalThis.fetch);
  });
});
