import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { after, afterEach, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { ReplicatorEvent } from "../../src/events/index.ts";
import { serverAnswers } from "../../src/mariadbd/answers.ts";
import { createEmbeddedServer } from "../../src/mariadbd/index.ts";
import { success } from "../../src/result.ts";
import { type EmbeddedData, makeEmbeddedData } from "../support/embedded-mariadb.ts";
import { waitFor } from "../support/wait.ts";

const LIMITS = { stopGrace: 30_000, startLimit: 60_000, restartLimit: 1, restartPause: 0 };

let data: EmbeddedData;
let events: ReplicatorEvent[];

function open(env: Record<string, string> = {}, limits = LIMITS, location = data.location) {
  events = [];
  const PATH = process.env.PATH ?? "";
  return createEmbeddedServer(
    () => location,
    { env: { PATH, ...env }, limits },
    (event) => events.push(event),
  );
}

const told = (type: ReplicatorEvent["type"]) => events.filter((event) => event.type === type).length;
const selectOne = async () => success(await data.sql("SELECT 1"));
const isAlive = (pid: number) => data.pids().includes(pid);
const warnings = () => events.flatMap((event) => (event.type === "warning" ? event.message : []));

describe("the embedded MariaDB while Kuma is stopped", () => {
  before(async () => {
    data = await makeEmbeddedData();
  });
  afterEach(async () => {
    for (const pid of data.pids()) process.kill(pid, "SIGKILL");
    await waitFor("their end", () => data.pids().length === 0 || undefined, { every: 10 });
  });
  after(() => data.close());

  it("is one of our own where none is left, in spite of what a killed one has left, and is ended before Kuma", async () => {
    process.kill(await data.startOrphan(), "SIGKILL");
    assert.ok(existsSync(data.location.socket) && existsSync(data.location.pidFile));
    const server = open();
    const [first, second] = await Promise.all([server.use(selectOne), server.use(selectOne)]);
    assert.deepEqual([first, second], [success("1"), success("1")]);
    assert.equal(data.pids().length, 1);
    assert.equal(told("database-server-started"), 1);
    assert.deepEqual(await server.use(selectOne), success("1"));
    assert.equal(told("database-server-started"), 1);
    await server.handOver();
    assert.deepEqual(data.pids(), []);
    assert.equal(existsSync(data.location.socket), false);
    assert.equal(told("database-server-ended"), 1);
  });

  it("is the one that Kuma has left, which is spared until the next Kuma", async () => {
    const server = open();
    await server.handOver();
    const left = await data.startOrphan();
    assert.ok(server.isServer(left) && !server.isServer(process.pid));
    server.kumaEnded();
    assert.deepEqual(await server.use(selectOne), success("1"));
    assert.deepEqual(data.pids(), [left]);
    assert.equal(told("database-server-started"), 0);
    await server.handOver();
    assert.deepEqual(data.pids(), []);
  });

  it("is neither used nor ended while its Kuma lives that we do not know", async () => {
    const owner = await data.startOwned();
    const [pid = 0] = data.pids();
    const server = open();
    const used = await server.use(selectOne);
    assert.ok(!used.ok && used.problem.code === "database-unreachable");
    assert.match(used.problem.message, new RegExp(`process ${pid}`));
    await server.handOver();
    await server.close();
    assert.ok(isAlive(pid));
    assert.match(warnings().join(), /Another Uptime Kuma runs the MariaDB server/);
    owner.kill("SIGKILL");
  });

  it("is Kuma's alone while that runs: none is started for work meanwhile", async () => {
    const server = open();
    await server.handOver();
    assert.deepEqual(await server.use(async () => success("asked")), success("asked"));
    assert.deepEqual(data.pids(), []);
  });

  it("is none of two, of which one waits for the other's end", async () => {
    await data.startOrphan();
    const owner = await data.startOwned();
    owner.kill("SIGKILL");
    await waitFor("two orphans", () => data.pids().length === 2 || undefined);
    await sleep(200);
    const server = open();
    assert.deepEqual(await server.use(selectOne), success("1"));
    assert.equal(data.pids().length, 1);
    await server.close();
    assert.deepEqual(data.pids(), []);
  });

  it("is waited for while work is under way, and is not started for work after the end", async () => {
    const server = open();
    await server.use(selectOne);
    const steps: string[] = [];
    const work = server.use(async () => {
      await sleep(300);
      await data.sql("SELECT 1");
      steps.push("work done");
      return success(undefined);
    });
    await sleep(50);
    await server.close().then(() => steps.push("ended"));
    assert.deepEqual(await work, success(undefined));
    assert.deepEqual(steps, ["work done", "ended"]);
    const late = await server.use(selectOne);
    assert.ok(!late.ok && /interrupted/.test(late.problem.message));
    assert.deepEqual(data.pids(), []);
  });

  it("ends at once, half started, when a shutdown comes", async () => {
    const server = open();
    const work = server.use(selectOne);
    await waitFor("its start", () => data.pids().length > 0 || undefined, { every: 5 });
    await server.close();
    const done = await work;
    assert.ok(!done.ok && /interrupted/.test(done.problem.message));
    assert.deepEqual(data.pids(), []);
  });

  it("is killed when it does not end within the grace", async () => {
    const pid = await data.startOrphan();
    process.kill(pid, "SIGSTOP");
    await open({}, { ...LIMITS, stopGrace: 300 }).close();
    assert.deepEqual(data.pids(), []);
    assert.match(JSON.stringify(events), /"killed":true/);
  });

  it("is told as a problem, with its own words, when it cannot start", async () => {
    const unreadable = { ...data.location, pidFile: "/proc/nowhere/mysqld.pid" };
    const failed = await open({}, LIMITS, unreadable).use(selectOne);
    assert.ok(!failed.ok && failed.problem.code === "database-unreachable");
    assert.match(failed.problem.message, /ended before it was ready: .*pid/i);
    const missing = await open({ PATH: "/nowhere" }).use(selectOne);
    assert.ok(!missing.ok && /mariadbd .* cannot be started \(ENOENT\)/.test(missing.problem.message));
    const empty = await open({}, LIMITS, { ...data.location, database: "other" }).use(selectOne);
    assert.ok(!empty.ok && empty.problem.code === "database-missing");
    assert.deepEqual(data.pids(), []);
    assert.equal(await serverAnswers(data.location.socket), false);
  });

  it("warns once of each thing that will keep Kuma's from starting", async () => {
    const listener = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => listener.once("listening", resolve));
    const address = listener.address();
    const port = String(typeof address === "object" ? address?.port : "");
    const wrongOwner = { ...data.location, runAs: { name: "mysql", uid: 4242 } };
    try {
      const server = open({ PATH: "/nowhere", MYSQL_TCP_PORT: port }, LIMITS, wrongOwner);
      await server.handOver();
      await server.handOver();
    } finally {
      listener.close();
    }
    assert.equal(warnings().length, 3);
    const all = warnings().join("\n");
    assert.match(all, /no program mariadbd/);
    assert.match(all, /belong to user \d+, and .* runs as user 4242\. .*chown -R 4242/);
    assert.match(all, new RegExp(`listens on 127\\.0\\.0\\.1:${port}.*MYSQL_TCP_PORT`));
  });

  it("hands over whatever MYSQL_TCP_PORT is set to", async () => {
    for (const port of ["no port", "99999", "-1"]) {
      const server = open({ MYSQL_TCP_PORT: port });
      await server.handOver();
      assert.deepEqual(warnings(), [], port);
    }
  });

  it("is nobody's business where the database is elsewhere", async () => {
    const server = createEmbeddedServer(
      () => undefined,
      { env: {}, limits: LIMITS },
      () => assert.fail(),
    );
    assert.deepEqual(await server.use(async () => success(1)), success(1));
    await server.handOver();
    await server.close();
    assert.equal(server.isServer(process.pid), false);
  });
});
