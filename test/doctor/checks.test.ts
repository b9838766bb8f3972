import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { checkClock, checkDatabase, checkNtfy, checkOwn, checkPrimaries } from "../../src/doctor/index.ts";
import type { SnapshotInfo } from "../../src/repository/index.ts";
import { failure, success } from "../../src/result.ts";

const NOW = Date.UTC(2026, 0, 2);
const MINUTE = 60_000;

/** Snapshots of these publishers, one a minute, each following the one before unless `parents` says otherwise. */
function history(publishers: string[], parents: Record<number, string> = {}): SnapshotInfo[] {
  return publishers.map((name, index) => ({
    id: String(index).repeat(64),
    time: NOW - (publishers.length - index) * MINUTE,
    contentHash: "c",
    instanceId: `id of ${name}`,
    instanceName: name,
    parent: parents[index] ?? (index === 0 ? undefined : String(index - 1).repeat(64)),
    generation: index + 1,
    isGuessed: false,
  }));
}

describe("check for a second primary", () => {
  const self = { id: "id of fra", isPrimary: true, head: undefined };

  it("is well with one publisher, none at all, and a role that moved once", () => {
    for (const snapshots of [[], history(["fra", "fra"]), history(["nyc", "nyc", "fra"])])
      assert.equal(checkPrimaries(snapshots, self, NOW).status, "ok");
  });

  it("finds two that take turns, by name", () => {
    const found = checkPrimaries(history(["fra", "nyc", "fra"]), self, NOW);
    assert.equal(found.status, "warn");
    assert.match(found.message, /"fra" and "nyc"/);
    assert.match(found.advice ?? "", /demote/);
  });

  it("finds two that both follow the same snapshot", () => {
    const forked = history(["fra", "fra", "nyc"], { 2: "0".repeat(64) });
    assert.equal(checkPrimaries(forked, self, NOW).status, "warn");
  });

  it("lets yesterday's turns rest", () => {
    assert.equal(checkPrimaries(history(["fra", "nyc", "fra"]), self, NOW + 25 * 60 * MINUTE).status, "ok");
  });

  it("fails for a primary that somebody else has overtaken; not for one that applied that snapshot", () => {
    const snapshots = history(["fra", "nyc"]);
    assert.equal(checkPrimaries(snapshots, self, NOW).status, "error");
    assert.equal(checkPrimaries(snapshots, { ...self, head: "1".repeat(8) }, NOW).status, "ok");
    assert.equal(checkPrimaries(snapshots, { ...self, isPrimary: false }, NOW).status, "ok");
  });
});

describe("check of what is an instance's own", () => {
  const own = { local: { monitors: 2, others: 1 }, paused: 0, values: 0, countsLocally: true };
  const none = { ...own, local: { monitors: 0, others: 0 } };

  it("counts it, and is silent where there is none", () => {
    const [found] = checkOwn(own, { local: true }, "replica");
    assert.equal(found?.status, "ok");
    assert.match(found.message, /monitors: 2, others: 1/);
    assert.deepEqual(checkOwn(none, { local: true }, "replica"), []);
    assert.deepEqual(checkOwn({ ...none, countsLocally: false }, { local: false }, "replica"), []);
  });

  it("warns of what the settings do not keep", () => {
    const [lost] = checkOwn(own, { local: false }, "replica");
    assert.equal(lost?.status, "warn");
    assert.match(`${lost.message} ${lost.advice}`, /the next apply removes them\. Set REPLICATOR_LOCAL=true/);
    const [early] = checkOwn({ ...none, countsLocally: false }, { local: true }, "replica");
    assert.match(early?.message ?? "", /nothing was applied with it yet/);
  });
});

describe("check of the clock", () => {
  it("fails when the repository is ahead of it, and says by how much", () => {
    assert.equal(checkClock(history(["fra"]), NOW).status, "ok");
    const behind = checkClock(history(["fra"]), NOW - 61 * MINUTE);
    assert.equal(behind.status, "error");
    assert.match(behind.message, /60 min/);
  });
});

describe("check of ntfy", () => {
  const none = { ntfy: undefined, webhook: undefined, proxy: undefined };
  const check = (server: string) =>
    checkNtfy({ ...none, ntfy: { server, topic: "t", authorization: undefined } });

  /** Checks against a server that answers with this status and time. */
  async function against(status: number, date: Date) {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? "");
      response.writeHead(status, { date: date.toUTCString() }).end("{}");
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    try {
      const findings = await check(`http://127.0.0.1:${port}`);
      assert.deepEqual(asked, ["/v1/health"]);
      return findings.map(({ check, status }) => `${check} ${status}`);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  }

  it("reaches the server, and compares clocks by its answer", async () => {
    assert.deepEqual(await against(200, new Date()), ["ntfy ok"]);
    assert.deepEqual(await against(404, new Date()), ["ntfy warn"]);
    const [, clock] = await against(200, new Date(Date.now() - 10 * MINUTE));
    assert.equal(clock, "clock error");
  });

  it("says so when it is not used or away", async () => {
    assert.equal((await checkNtfy(none))[0]?.status, "ok");
    const [away] = await check("http://127.0.0.1:9");
    assert.equal(away?.status, "error");
    const webhook = { url: "http://127.0.0.1:9/hook.php", authorization: undefined };
    const [untried] = await checkNtfy({ ...none, webhook });
    assert.match(untried?.message ?? "", /plain text\. Not tested/);
  });
});

describe("check of the database", () => {
  const problem = { code: "database-unreachable", message: "It is away.", advice: "Start it." } as const;
  const answering = { lastApply: async () => success(undefined) };
  const silent = { lastApply: async () => failure(problem) };

  it("says where it is, and fails with what to do where it does not answer or is not known", async () => {
    const location = { engine: "sqlite", file: "/app/data/kuma.db" } as const;
    const found = await checkDatabase(success(location), answering);
    assert.deepEqual([found.status, found.message], ["ok", "SQLite, /app/data/kuma.db, answers."]);
    for (const failing of [
      checkDatabase(success(location), silent),
      checkDatabase(failure(problem), answering),
    ])
      assert.deepEqual(await failing, {
        check: "database",
        status: "error",
        message: "It is away.",
        advice: "Start it.",
      });
  });

  it("shows no password, and asks nobody before it is chosen", async () => {
    const address = { kind: "tcp", host: "db", port: 3306 } as const;
    const login = { database: "kuma", user: "kuma", password: "hush-hush", tls: undefined };
    const mariadb = await checkDatabase(success({ engine: "mariadb", address, ...login }), answering);
    assert.equal(mariadb.message, "MariaDB, kuma at db:3306, answers.");
    const waiting = await checkDatabase(success({ engine: "not-chosen" }), silent);
    assert.equal(waiting.status, "warn");
  });
});
