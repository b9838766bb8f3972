import assert from "node:assert/strict";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { after, describe, it } from "node:test";
import type { NotifyLevel } from "../../src/config/index.ts";
import type { ReplicatorEvent } from "../../src/events/index.ts";
import { createJsonWebhook } from "../../src/ntfy/index.ts";
import { version } from "../../src/version.ts";
import { samples } from "../events/samples.ts";

const SECRET_PATH = "/hooks/fedcba9876543210";

/** A server that takes posts; `status` may be changed. */
async function serve() {
  const received: { readonly url: string | undefined; readonly body: Record<string, unknown> }[] = [];
  const state = { status: 204 };
  const server = http.createServer(async (request, answer) => {
    assert.equal(request.method, "POST");
    assert.equal(request.headers["content-type"], "application/json");
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString());
    received.push({ url: request.url, body });
    answer.writeHead(state.status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${SECRET_PATH}`;
  return { url, received, state };
}

function webhook(jsonWebhookUrl: string | undefined, level: NotifyLevel = "all") {
  const reports: ReplicatorEvent[] = [];
  const notify = { level, clickUrl: undefined };
  const secrets = [`http://127.0.0.1${SECRET_PATH}`, "fedcba9876543210", "hush-hush"];
  const config = { jsonWebhookUrl, notify, secrets, proxy: undefined, instanceName: "south" };
  return {
    reports,
    ...createJsonWebhook({ ...config, role: "replica" }, (event) => reports.push(event)),
  };
}

describe("createJsonWebhook", () => {
  it("posts what happened, in members that a program can read", async () => {
    const { url, received } = await serve();
    const { listener, drain, reports } = webhook(url);
    listener(samples["role-changed"]);
    listener(samples.published);
    listener(samples["cycle-failed"]);
    await drain(5_000);
    const [published, failed] = received.map(({ body }) => body);
    assert.ok(Math.abs(Date.parse(String(published?.time)) - Date.now()) < 60_000);
    assert.deepEqual(
      { ...published, time: "" },
      {
        event: "published",
        time: "",
        instance: "south",
        role: "primary",
        level: "info",
        title: "south: configuration published",
        message: "2 monitors added, 1 notification changed.",
        snapshot: { id: samples.published.snapshot.id, instance: "north" },
        changes: samples.published.changes,
        named: null,
        problem: null,
        version,
      },
    );
    assert.deepEqual(
      [failed?.event, failed?.level, failed?.problem, failed?.snapshot],
      ["cycle-failed", "error", { code: "x", message: "Something went wrong.", advice: "Mend it." }, null],
    );
    assert.deepEqual(reports, []);
  });

  it("says no more than what REPLICATOR_NOTIFY asks for, and nothing of every cycle", async () => {
    const { url, received } = await serve();
    const { listener, drain } = webhook(url, "errors");
    for (const event of Object.values(samples)) listener(event);
    await drain(5_000);
    assert.deepEqual(
      received.map(({ body }) => body.event),
      ["bash-publishes", "replaced", "rolled-back", "cycle-failed", "cycle-recovered", "retention-failed"],
    );
  });

  it("shows no secret, neither in what it posts nor when it fails, which it reports once", async () => {
    const { url, received, state } = await serve();
    state.status = 500;
    const { listener, drain, reports } = webhook(url);
    const problem = { code: "x", message: "It said hush-hush.", advice: "Mend it." };
    listener({ ...samples["cycle-failed"], problem });
    listener({ ...samples["cycle-failed"], problem });
    await drain(5_000);
    assert.equal(received.length, 2);
    assert.doesNotMatch(JSON.stringify(received.map(({ body }) => body)), /hush-hush|fedcba9876543210/);
    assert.deepEqual(reports, [
      { type: "notification-failed", to: "REPLICATOR_WEBHOOK_URL", reason: "the webhook answered 500" },
    ]);
    state.status = 204;
    listener(samples.applied);
    await drain(5_000);
    state.status = 500;
    listener(samples.applied);
    await drain(5_000);
    assert.equal(reports.length, 2);
  });

  it("is nothing without an address", async () => {
    const { listener, drain } = webhook(undefined);
    listener(samples.published);
    await drain(1_000);
  });
});
