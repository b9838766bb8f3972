import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, it, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import Database from "better-sqlite3";
import { openDatabaseWorker } from "../../src/database/index.ts";
import { startThread, startThreadEarly } from "../../src/database/worker/start.ts";
import { success } from "../../src/result.ts";
import { contentHash, decodeSnapshot, encodeSnapshot } from "../../src/snapshot/index.ts";
import { startBuilt } from "../support/built-thread.ts";
import {
  changeRows,
  dump,
  IDS,
  type Instance,
  makeInstance,
  problem,
  takeSnapshot,
  value,
} from "./fixtures.ts";

const ORIGIN = {
  kumaVersion: "2.5.3",
  instanceName: "primary",
  instanceId: "p",
  createdAt: "2026-11-23T08:00:00.000Z",
};

/** A worker on an instance, and the threads that it has started. */
function open(t: TestContext, { file, uploadDir }: Instance, start: typeof startThread = startBuilt) {
  const shutdown = new AbortController();
  t.after(() => shutdown.abort());
  const threads: Worker[] = [];
  const place = {
    locate: () => success({ engine: "sqlite", file } as const),
    uploadDir,
    kumaVersion: "2.5.3",
  };
  const worker = openDatabaseWorker(place, shutdown.signal, () => {
    const thread = start();
    threads.push(thread);
    return thread;
  });
  return { worker, threads, shutdown };
}

/** A thread that dies of `confirm` in some way, and answers all else. */
function startMortal(dies: string): Worker {
  const program = `
    const { parentPort } = require("node:worker_threads");
    parentPort.on("message", ({ id, call }) => {
      if (call === "confirm") { ${dies} }
      else if (call !== "lastApply") parentPort.postMessage({ id, result: { ok: true, value: call } });
    });`;
  return new Worker(program, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 20 } });
}

function recoloured(instance: Instance) {
  return takeSnapshot(instance, (content) =>
    changeRows(content, "tag", (rows) => rows.map((row) => ({ ...row, color: "#123456" }))),
  );
}

describe("database worker", () => {
  it("reads an encoded snapshot with its hash, and tells what differs from the reading before", async (t) => {
    const instance = makeInstance(t, "2.5.3");
    const { worker } = open(t, instance);
    const first = value(await worker.read(ORIGIN));
    const decoded = value(decodeSnapshot(first.bytes));
    assert.deepEqual(decoded, { origin: ORIGIN, content: value(instance.kuma.read()) });
    assert.equal(first.contentHash, contentHash(decoded.content));
    assert.equal(first.contentHash, value(await worker.hash()));
    assert.deepEqual(first.examination, { leftOut: [], faults: [] });
    assert.equal(first.isEmpty, false);
    assert.equal(first.changes, undefined);

    value(instance.kuma.apply(recoloured(instance), IDS));
    const second = value(await worker.read(ORIGIN, first));
    assert.deepEqual(Object.keys(second.changes ?? {}), ["tag"]);
    assert.equal(second.changes?.tag?.added, 0);
    assert.match(second.named?.first.join() ?? "", /^tag ".+" edited/);
    const ofAnother = { contentHash: "another", fingerprint: first.fingerprint };
    assert.equal(value(await worker.read(ORIGIN, ofAnother)).changes, undefined);
    const damaged = { contentHash: first.contentHash, fingerprint: Buffer.from("{") };
    assert.equal(value(await worker.read(ORIGIN, damaged)).changes, undefined);
  });

  it("loads a snapshot once for plan, comparison and apply, also across the end of the thread", async (t) => {
    const instance = makeInstance(t, "2.5.3");
    const { worker, threads } = open(t, instance);
    const snapshot = recoloured(instance);
    const loaded = value(await worker.load(Buffer.concat([...encodeSnapshot(snapshot)])));
    assert.equal(loaded.contentHash, contentHash(snapshot.content));
    assert.deepEqual(loaded.origin, snapshot.origin);
    assert.equal(value(await worker.meet(loaded)).kind, "follower");
    assert.equal(value(await worker.plan(loaded)).empty, false);
    await threads[0]?.terminate();
    value(await worker.apply(loaded, IDS));
    assert.equal(threads.length, 2);
    assert.equal(value(await worker.hash()), loaded.contentHash);
  });

  it("names what a plan changes, and the apply after it", async (t) => {
    const instance = makeInstance(t, "2.5.3");
    const { worker } = open(t, instance);
    const renamed = takeSnapshot(instance, (content) =>
      changeRows(content, "monitor", (rows) =>
        rows.map((row) => (row.id === 2n ? { ...row, name: "Shop" } : row)),
      ),
    );
    const loaded = value(await worker.load(Buffer.concat([...encodeSnapshot(renamed)])));
    const named = { first: ['monitor "http ok" renamed to "Shop"'], more: 0 };
    assert.deepEqual(value(await worker.plan(loaded)).named, named);
    assert.deepEqual(value(await worker.apply(loaded, IDS)).named, named);
  });

  it("tells bytes that are no snapshot", async (t) => {
    const { worker } = open(t, makeInstance(t, "2.5.3"));
    assert.match(problem(await worker.load(Buffer.from("none"))).code, /^snapshot-/);
  });

  it("starts from the sources as well, and with no more than a call", async (t) => {
    const instance = makeInstance(t, "2.5.3");
    const { worker, threads } = open(t, instance, startThread);
    assert.equal(threads.length, 0);
    const hashes = await Promise.all([worker.hash(), worker.hash()]);
    assert.deepEqual(hashes.map(value), [value(instance.kuma.hash()), value(instance.kuma.hash())]);
    assert.equal(threads.length, 1);
  });

  it("takes a thread that was begun early, and begins another when that one has failed", async (t) => {
    const instance = makeInstance(t, "2.5.3");
    const begun: Worker[] = [];
    const early = (start: typeof startThread) =>
      startThreadEarly(() => {
        begun.push(start());
        return begun.at(-1) as Worker;
      });
    const { worker, threads } = open(t, instance, early(startBuilt));
    assert.equal(value(await worker.hash()), value(instance.kuma.hash()));
    assert.deepEqual(threads, begun);

    begun.length = 0;
    const next = early(() => new Worker("throw new Error('boom')", { eval: true }));
    begun[0]?.ref();
    await once(begun[0] as Worker, "error");
    assert.notEqual(next(), begun[0]);
    assert.equal(begun.length, 2);
    await once(begun[1] as Worker, "error");
  });

  for (const [how, dies] of [
    ["ends", "process.exit(3)"],
    ["throws", 'setImmediate(() => { throw new Error("boom"); })'],
    ["has no memory left", 'const all = []; for (;;) all.push("x".repeat(1000) + all.length)'],
  ] as const)
    it(`gives a problem for each call under way when the thread ${how}, and begins another`, async (t) => {
      const { worker, threads } = open(t, makeInstance(t, "2.5.3"), () => startMortal(dies));
      assert.equal(value(await worker.hash()), "hash");
      const answers = await Promise.all([worker.lastApply(), worker.confirm()]);
      for (const answer of answers) {
        assert.equal(problem(answer).code, "database-failed");
        assert.match(
          problem(answer).message,
          /^The thread that works on Uptime Kuma's database has ended: .+\.$/,
        );
      }
      assert.equal(value(await worker.hash()), "hash");
      assert.equal(threads.length, 2);
    });

  it("rejects for a defect, and goes on", async (t) => {
    const { worker, threads } = open(t, makeInstance(t, "2.5.3"));
    await assert.rejects(worker.plan(undefined as never), TypeError);
    value(await worker.lastApply());
    assert.equal(threads.length, 1);
  });

  it("ends reading calls at once on a shutdown, and waits for those that write", async (t) => {
    const instance = makeInstance(t, "2.5.3");
    const { worker, threads, shutdown } = open(t, instance);
    const loaded = value(await worker.load(Buffer.concat([...encodeSnapshot(recoloured(instance))])));
    const before = dump(instance);
    const lock = new Database(instance.file);
    t.after(() => lock.close());
    lock.exec("BEGIN EXCLUSIVE");
    const applying = worker.apply(loaded, IDS);
    const hashing = worker.hash();
    let isDone = false;
    void applying.then(() => {
      isDone = true;
    });
    shutdown.abort();
    assert.equal(problem(await hashing).code, "interrupted");
    assert.equal(problem(await worker.lastApply()).code, "interrupted");
    await sleep(200);
    assert.equal(isDone, false);
    lock.exec("ROLLBACK");
    value(await applying);
    assert.notDeepEqual(dump(instance), before);
    await once(threads[0] as Worker, "exit");
  });

  it("leaves the database before or after when the thread is ended in the middle of an apply", async (t) => {
    const instance = makeInstance(t, "2.5.3");
    const { worker, threads } = open(t, instance);
    const loaded = value(await worker.load(Buffer.concat([...encodeSnapshot(recoloured(instance))])));
    const before = dump(instance);
    for (let attempt = 0; attempt < 15; attempt += 1) {
      const applying = worker.apply(loaded, IDS);
      await sleep(attempt);
      await threads.at(-1)?.terminate();
      const applied = await applying;
      const isAfter = value(instance.kuma.lastApply()) !== undefined;
      if (applied.ok) assert.ok(isAfter);
      if (!isAfter) assert.deepEqual(dump(instance), before);
      value(instance.kuma.rollBack());
      assert.deepEqual(dump(instance), before);
    }
  });

  it("does not keep a process that has nothing else to do, but for a call under way", async (t) => {
    const { file, uploadDir } = makeInstance(t, "2.5.3");
    const program = `
      const { openDatabaseWorker } = await import(${JSON.stringify(new URL("../../src/database/index.ts", import.meta.url))});
      const place = { locate: () => ({ ok: true, value: { engine: "sqlite", file: ${JSON.stringify(file)} } }), uploadDir: ${JSON.stringify(uploadDir)}, kumaVersion: "2.5.3" };
      const hash = await openDatabaseWorker(place, new AbortController().signal).hash();
      process.stdout.write(hash.value);`;
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    child.stdout.on("data", (piece) => {
      said += piece;
    });
    const [code] = await once(child, "close");
    assert.equal(code, 0);
    assert.match(said, /^[0-9a-f]{64}$/);
  });

  it("ends the thread that was idle for a minute", async (t) => {
    const instance = makeInstance(t, "2.5.3");
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { worker, threads } = open(t, instance);
    value(await worker.hash());
    t.mock.timers.tick(59_000);
    value(await worker.hash());
    t.mock.timers.tick(59_000);
    assert.equal(threads.length, 1, "a call prolongs it");
    const ended = once(threads[0] as Worker, "exit");
    t.mock.timers.tick(1_000);
    await ended;
    value(await worker.hash());
    assert.equal(threads.length, 2);
  });
});
