import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request } from "node:http";
import { connect } from "node:net";
import { afterEach, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Config, loadConfig } from "../../src/config/index.ts";
import { combineListeners, type ReplicatorEvent } from "../../src/events/index.ts";
import { createObserver } from "../../src/observed/index.ts";
import { openWebServer } from "../../src/web/index.ts";
import { begin, ready, started } from "../observed/story.ts";
import { freePort } from "../support/ports.ts";
import { PATIENCE, waitFor } from "../support/wait.ts";
import { noSnapshots } from "./no-snapshots.ts";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

function configure(env: Record<string, string>) {
  const loaded = loadConfig({ RESTIC_REPOSITORY: "/r", RESTIC_PASSWORD: "hush-hush", ...env }, "/nowhere");
  assert.ok(loaded.ok);
  return loaded.config;
}

/** The server behind an observer, as a running instance has it. */
async function open(config: Config) {
  const observer = createObserver(config);
  const web = await openWebServer(config, observer, noSnapshots);
  return { ...web, listener: combineListeners([observer.listener, web.listener]) };
}

async function serve({ credentials, host = "127.0.0.1" }: { credentials?: string; host?: string } = {}) {
  const port = await freePort();
  const config = configure({ REPLICATOR_HTTP: `${host}:${port}`, REPLICATOR_INSTANCE_NAME: "nyc" });
  const { http } = config;
  assert.ok(http);
  const web = await open({ ...config, http: { ...http, credentials } });
  const events: ReplicatorEvent[] = [];
  const shutdown = new AbortController();
  ends.push(() => shutdown.abort());
  web.start(shutdown.signal, (event) => events.push(event));
  const url = `http://127.0.0.1:${port}`;
  if (host === "127.0.0.1") await waitFor("the server", () => isOpen(port), { every: 20 });
  return { url, port, web, events, shutdown };
}

async function isOpen(port: number): Promise<true | undefined> {
  const socket = connect(port, "127.0.0.1");
  const open = await new Promise<boolean>((resolve) => {
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  });
  socket.destroy();
  return open || undefined;
}

const basic = (credentials: string) => ({
  authorization: `Basic ${Buffer.from(credentials).toString("base64")}`,
});

/** Connections that send the beginning of a request, and then nothing more. */
async function connectSlowly(port: number, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    ends.push(() => socket.destroy());
    await once(socket, "connect");
    socket.write("GET /healthz HTTP/1.1\r\nHost: ");
  }
}

describe("web server", () => {
  it("serves page, metrics and health, each under headers that let nothing else in", async () => {
    const { url, web } = await serve();
    for (const event of [started, ready]) web.listener(event);
    const page = await fetch(`${url}/?x=1`);
    assert.equal(page.status, 200);
    assert.match(page.headers.get("content-type") ?? "", /^text\/html/);
    assert.match(await page.text(), /<h1>nyc<\/h1>/);
    const metrics = await fetch(`${url}/metrics`);
    assert.match(metrics.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
    assert.match(await metrics.text(), /^replicator_kuma_up 1$/m);
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
    assert.equal((await fetch(`${url}/../etc/passwd`)).status, 404);
    const snapshots = await fetch(`${url}/snapshots?x=1`);
    assert.equal(snapshots.status, 200);
    assert.match(await snapshots.text(), /There is no snapshot in the repository yet/);
    for (const { headers } of [page, metrics, snapshots]) {
      assert.match(
        headers.get("content-security-policy") ?? "",
        /^default-src 'none'; style-src 'sha256-[^']+';/,
      );
      assert.doesNotMatch(headers.get("content-security-policy") ?? "", /unsafe/);
      assert.equal(headers.get("x-content-type-options"), "nosniff");
      assert.equal(headers.get("cache-control"), "no-store");
    }
  });

  it("says on /readyz whether Kuma is ready", async () => {
    const { url, web } = await serve();
    const status = async () => (await fetch(`${url}/readyz`)).status;
    assert.equal(await status(), 503);
    web.listener(ready);
    assert.equal(await status(), 200);
    web.listener({ type: "kuma-stopping", reason: "apply" });
    assert.equal(await status(), 503);
  });

  it("says on /healthz when a cycle does not end", async (context) => {
    const { url, web } = await serve();
    const startedAt = Date.now();
    context.mock.timers.enable({ apis: ["Date"], now: startedAt });
    web.listener(begin);
    for (const days of [0, 1, -1]) {
      context.mock.timers.setTime(startedAt + days * 86_400_000);
      assert.equal((await fetch(`${url}/healthz`)).status, 200, `the clock is set by ${days} days`);
    }
    const later = performance.now() + 3_600_000;
    context.mock.method(performance, "now", () => later);
    const answer = await fetch(`${url}/healthz`);
    assert.equal(answer.status, 503);
    assert.match(await answer.text(), /wedged: a cycle has not ended for 60 min/);
  });

  it("reads only: other methods are refused, HEAD has no body", async () => {
    const { url } = await serve();
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      const answer = await fetch(url, { method });
      assert.equal(answer.status, 405, method);
      assert.equal(answer.headers.get("allow"), "GET, HEAD");
    }
    const head = await fetch(url, { method: "HEAD" });
    assert.deepEqual([head.status, await head.text()], [200, ""]);
  });

  it("asks for user and password where they are set, but not for the health of orchestrators", async () => {
    const { url } = await serve({ credentials: "ops:pa:ss wörd" });
    const get = async (path: string, headers: Record<string, string> = {}) =>
      (await fetch(`${url}${path}`, { headers })).status;
    for (const path of ["/", "/metrics", "/snapshots", "/snapshot", "/diff", "/other"]) {
      assert.equal(await get(path), 401, path);
      for (const wrong of ["ops:pa", "ops", "", "OPS:pa:ss wörd", "ops:pa:ss wörd "])
        assert.equal(await get(path, basic(wrong)), 401, wrong);
    }
    assert.equal(await get("/", basic("ops:pa:ss wörd")), 200);
    assert.equal(await get("/", { authorization: "Bearer ops" }), 401);
    assert.equal(await get("/healthz"), 200);
    assert.match((await fetch(url)).headers.get("www-authenticate") ?? "", /^Basic realm=/);
  });

  it("is nowhere unless asked for", async () => {
    const web = await open(configure({}));
    web.start(new AbortController().signal, () => assert.fail("nothing to tell"));
    web.listener(ready);
  });

  it("tells once that its port is taken, and goes on", async () => {
    const other = createServer();
    other.listen(0, "127.0.0.1");
    await once(other, "listening");
    ends.push(() => other.close());
    const { port } = other.address() as { port: number };
    const events: ReplicatorEvent[] = [];
    const web = await open(configure({ REPLICATOR_HTTP: `127.0.0.1:${port}` }));
    const shutdown = new AbortController();
    web.start(shutdown.signal, (event) => events.push(event));
    await waitFor("the warning", () => (events.length > 0 ? true : undefined), { every: 20 });
    assert.match(
      JSON.stringify(events),
      new RegExp(`^\\[{"type":"warning","message":"[^"]*port ${port}[^"]*already`),
    );
    web.listener(ready);
    shutdown.abort();
  });

  it("tells that its address is not this machine's", async () => {
    const { events } = await serve({ host: "192.0.2.1" });
    await waitFor("the warning", () => (events.length > 0 ? true : undefined), { every: 20 });
    assert.match(JSON.stringify(events), /EADDRNOTAVAIL/);
  });

  it("answers health and page while hundreds of clients are slow", async () => {
    const { url, port } = await serve();
    await connectSlowly(port, 250);
    for (const path of ["/healthz", "/", "/metrics"]) {
      const answer = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(PATIENCE) });
      assert.equal(answer.status, 200, path);
    }
  });

  it("lets go of a client that sends a request bit by bit, or a body without an end", async () => {
    const { port } = await serve();
    const sockets = [
      "GET /healthz HTTP/1.1\r\nX: ",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n",
    ].map((begin) => {
      const socket = connect(port, "127.0.0.1").on("error", () => {});
      socket.resume().write(begin);
      const trickle = setInterval(() => socket.write("x"), 200);
      ends.push(() => socket.destroy());
      return once(socket, "close").then(() => clearInterval(trickle));
    });
    await Promise.race([
      Promise.all(sockets),
      sleep(15_000).then(() => assert.fail("still connected after 15 s")),
    ]);
  });

  it("ends at once on shutdown, whoever is still connected", async () => {
    const { port, shutdown } = await serve();
    const idle = connect(port, "127.0.0.1");
    const slow = request({ port, host: "127.0.0.1", method: "POST", headers: { "content-length": 10 } });
    slow.on("error", () => {});
    slow.write("x");
    await once(idle, "connect");
    const closed = once(idle, "close");
    const before = performance.now();
    shutdown.abort();
    await closed;
    assert.equal(await isOpen(port), undefined);
    assert.ok(performance.now() - before < 4_000, "Node waits 5 s for an idle connection");
  });
});
