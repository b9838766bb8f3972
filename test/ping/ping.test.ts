import assert from "node:assert/strict";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { after, describe, it } from "node:test";
import type { ReplicatorEvent } from "../../src/events/index.ts";
import { createPinger } from "../../src/ping/index.ts";
import { samples } from "../events/samples.ts";
import { freePort } from "../support/ports.ts";
import { waitFor } from "../support/wait.ts";

const done = samples["cycle-done"];
const failed = { ...done, succeeded: false };
const failure = samples["cycle-failed"];

/** A server that takes pings as "METHOD path body"; `hold` keeps its answers back. */
async function serve() {
  const received: string[] = [];
  const state: { status: number; hold: Promise<void> | undefined } = { status: 200, hold: undefined };
  const server = http.createServer(async (request, answer) => {
    const body = Buffer.concat(await request.toArray()).toString();
    received.push(`${request.method} ${request.url} ${body}`.trim());
    await state.hold;
    answer.writeHead(state.status).end("OK");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, state };
}

function pinger(pingUrl: string | undefined, secrets: string[] = []) {
  const reports: ReplicatorEvent[] = [];
  const listener = createPinger({ pingUrl, proxy: undefined, secrets }, (event) => reports.push(event));
  return { listener, reports };
}

function until(what: string, hasCome: () => boolean): Promise<true> {
  return waitFor(what, () => hasCome() || undefined, { every: 10 });
}

describe("createPinger", () => {
  it("pings Healthchecks after each good cycle, and tells /fail what is wrong", async () => {
    const { url, received } = await serve();
    const { listener, reports } = pinger(`${url}/0b5a9b1e-check/?rid=1`);
    listener(done);
    await until("the ping", () => received.length === 1);
    listener({ ...failure, repeated: 4 });
    listener(failed);
    await until("the failure", () => received.length === 2);
    assert.deepEqual(received, [
      "GET /0b5a9b1e-check/?rid=1",
      "POST /0b5a9b1e-check/fail?rid=1 Something went wrong. Mend it.",
    ]);
    assert.deepEqual(reports, []);
  });

  it("speaks to Kuma's push monitors as they want it, also below a path", async () => {
    const { url, received } = await serve();
    const { listener } = pinger(`${url}/kuma/api/push/abcDEF123?status=up&msg=OK&ping=`);
    listener(done);
    await until("up", () => received.length === 1);
    listener(failure);
    await until("down", () => received.length === 2);
    assert.deepEqual(received, [
      "GET /kuma/api/push/abcDEF123?status=up&msg=OK&ping=",
      "GET /kuma/api/push/abcDEF123?status=down&msg=Something+went+wrong.+Mend+it.&ping=",
    ]);
  });

  it("counts a roll-back as a failure, once", async () => {
    const { url, received } = await serve();
    const { listener } = pinger(`${url}/x`);
    listener(samples["rolled-back"]);
    listener(done);
    await until("the failure", () => received.length === 1);
    listener(done);
    await until("the next ping", () => received.length === 2);
    assert.deepEqual(received, ["POST /x/fail Something went wrong. Mend it.", "GET /x"]);
  });

  it("sends nothing but for the end of a cycle, and nothing at all unless asked to", async () => {
    const { url, received } = await serve();
    const { listener } = pinger(`${url}/x`);
    const silent = Object.values(samples).filter(
      ({ type }) => !["cycle-done", "cycle-failed"].includes(type),
    );
    for (const event of silent) listener(event);
    pinger(undefined).listener(done);
    listener(failure);
    await until("the only ping", () => received.length > 0);
    assert.match(received.join(), /^POST \/x\/fail/);
  });

  it("does not pile up pings for a server that is slow: only the newest waits", async () => {
    const { url, received, state } = await serve();
    let release: () => void = () => {};
    state.hold = new Promise((resolve) => {
      release = resolve;
    });
    const { listener } = pinger(`${url}/x`);
    for (let i = 0; i < 50; i++) listener(done);
    listener(failure);
    await until("the first", () => received.length === 1);
    release();
    await until("the newest", () => received.length === 2);
    assert.deepEqual(
      received.map((each) => each.split(" ")[1]),
      ["/x", "/x/fail"],
    );
  });

  it("reports that pings fail once until one gets through, without the address", async () => {
    const { url, received, state } = await serve();
    const { listener, reports } = pinger(`${url}/secret-key`, ["secret-key"]);
    for (const [index, status] of [404, 500, 200, 503].entries()) {
      state.status = status;
      listener(done);
      await until("the ping", () => received.length > index);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const to = "REPLICATOR_PING_URL";
    assert.deepEqual(reports, [
      { type: "notification-failed", to, reason: "the address answered 404" },
      { type: "notification-failed", to, reason: "the address answered 503" },
    ]);
    const nobody = `http://127.0.0.1:${await freePort()}/secret-key`;
    const { listener: toNobody, reports: others } = pinger(nobody);
    toNobody(done);
    await until("the report", () => others.length === 1);
    assert.match(JSON.stringify(others), /cannot be reached \(.*ECONNREFUSED/);
    assert.doesNotMatch(JSON.stringify(others), /secret-key/);
  });

  it("takes secrets out of what it tells", async () => {
    const { url, received } = await serve();
    const { listener } = pinger(`${url}/x`, ["hush-hush"]);
    listener({ ...failure, problem: { ...failure.problem, message: "It is hush-hush." } });
    await until("the failure", () => received.length === 1);
    assert.equal(received[0], "POST /x/fail It is ***. Mend it.");
  });
});
