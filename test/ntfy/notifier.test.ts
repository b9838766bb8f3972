import assert from "node:assert/strict";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { after, describe, it } from "node:test";
import type { NotifyLevel } from "../../src/config/index.ts";
import type { ReplicatorEvent } from "../../src/events/index.ts";
import { createNtfyNotifier } from "../../src/ntfy/index.ts";
import { samples } from "../events/samples.ts";

interface Received {
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly body: Record<string, unknown>;
}

/** A server that takes notices; `status` may be changed, undefined never answers. */
async function serve() {
  const received: Received[] = [];
  const state: { status: number | undefined } = { status: 200 };
  const server = http.createServer(async (request, answer) => {
    const pieces = await request.toArray();
    const body = JSON.parse(Buffer.concat(pieces).toString());
    received.push({ url: request.url, authorization: request.headers.authorization, body });
    if (state.status !== undefined) answer.writeHead(state.status).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  after(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, state, close };
}

const nowhere = { webhook: undefined, proxy: undefined };
const everything = { level: "all", clickUrl: undefined } as const;

function notify(
  server: string,
  {
    authorization,
    secrets = [],
    settings = everything,
    wakes = false,
  }: {
    authorization?: string;
    secrets?: string[];
    settings?: { level: NotifyLevel; clickUrl: string | undefined };
    wakes?: boolean;
  } = {},
) {
  const reports: ReplicatorEvent[] = [];
  const ntfy = { server, topic: "kuma", authorization };
  const wake = wakes ? ntfy : undefined;
  const config = { ...nowhere, ntfy, notify: settings, wake, instanceName: "south 🏳️‍🌈", secrets };
  return { reports, ...createNtfyNotifier(config, (event) => reports.push(event)) };
}

describe("createNtfyNotifier", () => {
  it("tells what changed, in order, as ntfy's JSON at the server's root", async () => {
    const { url, received } = await serve();
    const { listener, drain, reports } = notify(url, { authorization: "Bearer tk_secret" });
    for (const type of ["published", "applied", "rolled-back", "cycle-failed", "cycle-recovered"] as const)
      listener(samples[type]);
    await drain(5_000);
    assert.deepEqual(
      received.map(({ body }) => [body.title, body.message]),
      [
        ["south 🏳️‍🌈: configuration published", "2 monitors added, 1 notification changed."],
        [
          "south 🏳️‍🌈: configuration applied",
          "From north: 2 monitors added, 1 notification changed. A column was left out.",
        ],
        [
          "south 🏳️‍🌈: configuration rolled back",
          'Went back to the configuration before snapshot 01234567 of "north". Something went wrong. Mend it.',
        ],
        ["south 🏳️‍🌈: replication fails", "Something went wrong. Mend it."],
        ["south 🏳️‍🌈: replication works again", "Replication works again, after 3 failures."],
      ],
    );
    for (const { url, authorization, body } of received) {
      assert.equal(url, "/");
      assert.equal(authorization, "Bearer tk_secret");
      assert.equal(body.topic, "kuma");
      assert.ok(Number.isInteger(body.priority) && Array.isArray(body.tags));
    }
    assert.deepEqual(reports, []);
  });

  it("says nothing per poll, nor of a failure that goes on", async () => {
    const { url, received } = await serve();
    const { listener, drain } = notify(url);
    const told = new Set([
      "published",
      "applied",
      "replaced",
      "rolled-back",
      "cycle-failed",
      "cycle-recovered",
      "bash-publishes",
      "retention-failed",
    ]);
    for (const event of Object.values(samples)) if (!told.has(event.type)) listener(event);
    for (const repeated of [1, 12, 100]) listener({ ...samples["cycle-failed"], repeated });
    listener({ ...samples.applied, changes: {} });
    await drain(1_000);
    assert.deepEqual(received, []);
  });

  it("tells only what its level asks for", async () => {
    const { url, received } = await serve();
    const told = async (level: NotifyLevel) => {
      const { listener, drain } = notify(url, { settings: { level, clickUrl: undefined } });
      received.length = 0;
      for (const event of Object.values(samples)) listener(event);
      await drain(5_000);
      return received.map(({ body }) =>
        String(body.title).replace(/^.*: (configuration |replication )?/, ""),
      );
    };
    assert.deepEqual(await told("all"), [
      "two primaries",
      "published",
      "applied",
      "replaced",
      "rolled back",
      "fails",
      "works again",
      "old snapshots stay",
    ]);
    assert.deepEqual(await told("changes"), ["published", "applied", "replaced", "rolled back"]);
    assert.deepEqual(await told("errors"), [
      "two primaries",
      "replaced",
      "rolled back",
      "fails",
      "works again",
      "old snapshots stay",
    ]);
    assert.deepEqual(await told("off"), []);
  });

  it("tells of a publish at any level when replicas wait for that", async () => {
    const { url, received } = await serve();
    for (const level of ["off", "errors"] as const) {
      const { listener, drain } = notify(url, { settings: { level, clickUrl: undefined }, wakes: true });
      listener(samples.published);
      listener(samples.applied);
      await drain(5_000);
    }
    assert.deepEqual(
      received.map(({ body }) => body.tags),
      [["outbox_tray"], ["outbox_tray"]],
    );
  });

  it("opens at a tap what it is told to", async () => {
    const { url, received } = await serve();
    const clickUrl = "https://kuma.example.com/dashboard?a=b";
    const withClick = notify(url, { settings: { level: "all", clickUrl } });
    withClick.listener(samples.published);
    await withClick.drain(5_000);
    const without = notify(url);
    without.listener(samples.published);
    await without.drain(5_000);
    assert.deepEqual(
      received.map(({ body }) => body.click),
      [clickUrl, undefined],
    );
  });

  it("keeps secrets and endless notes to itself", async () => {
    const { url, received } = await serve();
    const { listener, drain } = notify(url, { secrets: ["hush-hush"] });
    listener({ ...samples.applied, notes: [`hush-hush ${"🏳️".repeat(9_000)}`] });
    await drain(5_000);
    const { message } = received[0]?.body ?? {};
    assert.equal(received[0]?.authorization, undefined);
    assert.doesNotMatch(String(message), /hush/);
    assert.ok(Buffer.byteLength(String(message)) < 4_096);
  });

  it("reports that notices fail once until one gets through, and throws nothing", async () => {
    const { url, received, state } = await serve();
    const { listener, drain, reports } = notify(url);
    for (const status of [403, 500, 200, 429]) {
      state.status = status;
      listener(samples.published);
      await drain(5_000);
    }
    assert.equal(received.length, 4);
    assert.deepEqual(reports, [
      { type: "notification-failed", to: "ntfy", reason: `${url} answered 403` },
      { type: "notification-failed", to: "ntfy", reason: `${url} answered 429` },
    ]);
  });

  it("reports a server that is not there", async () => {
    const { url, close } = await serve();
    close();
    const { listener, drain, reports } = notify(url);
    listener(samples.published);
    await drain(5_000);
    assert.equal(reports.length, 1);
    assert.match(JSON.stringify(reports), /cannot be reached \(.*ECONNREFUSED/);
  });

  it("waits at the end no longer than asked", async () => {
    const { url, state } = await serve();
    state.status = undefined;
    const { listener, drain } = notify(url);
    listener(samples.published);
    const start = Date.now();
    await drain(200);
    assert.ok(Date.now() - start < 8_000, "a request has 10 s");
  });

  it("sends what else the address asks for, and to a webhook plain text", async () => {
    const asked: { url: string | undefined; headers: http.IncomingHttpHeaders; body: string }[] = [];
    const server = http.createServer(async (request, answer) => {
      const body = Buffer.concat(await request.toArray()).toString();
      asked.push({ url: request.url, headers: request.headers, body });
      answer.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    after(() => server.close());
    const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const shared = { authorization: "Bearer tk", query: "email=me%40x.org", headers: { "X-Icon": "i" } };
    const ntfy = { server: at, topic: "kuma", ...shared };
    const webhook = { url: `${at}/hooks/notify.php`, ...shared };
    for (const target of [{ ntfy }, { ntfy: undefined, webhook }]) {
      const config = {
        ...nowhere,
        ...target,
        notify: everything,
        wake: undefined,
        instanceName: "é",
        secrets: [],
      };
      const { listener, drain } = createNtfyNotifier(config, () => assert.fail("nothing to report"));
      listener(samples.published);
      await drain(5_000);
    }
    assert.deepEqual(
      asked.map(({ url }) => url),
      ["/?email=me%40x.org", "/hooks/notify.php?email=me%40x.org"],
    );
    for (const { headers } of asked)
      assert.deepEqual([headers.authorization, headers["x-icon"]], ["Bearer tk", "i"]);
    assert.equal(asked[1]?.body, "é: configuration published\n2 monitors added, 1 notification changed.");
    assert.equal(asked[1]?.headers["content-type"], "text/plain; charset=utf-8");
  });

  it("does nothing where no address is set", async () => {
    const { listener, drain } = createNtfyNotifier(
      { ...nowhere, ntfy: undefined, notify: everything, wake: undefined, instanceName: "x", secrets: [] },
      () => assert.fail("nothing to report"),
    );
    listener(samples.published);
    await drain(0);
  });
});
