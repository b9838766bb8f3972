import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { mayUnlock } from "../../src/repository/locks.ts";
import { failure, success } from "../../src/result.ts";
import { leaveLock, whyNoDeadLock } from "../support/dead-lock.ts";
import {
  makeFolder,
  makeRepository,
  never,
  open,
  request,
  restic,
  resticEnvironment,
} from "../support/repository.ts";

/** Short, where nobody will unlock. */
const limits = { lock: 1_000 };

describe("a lock whose owner's pid has come again, as in a container that was killed and started anew", {
  skip: whyNoDeadLock() ?? false,
}, () => {
  it("is left alone while somebody else has the pid, who hears nothing of it; removed after that", async () => {
    const stranger = begin(spawn("sleep", ["1000"], { stdio: "ignore" }));
    const path = await lockAs(stranger.pid);
    const primary = open(path, {}, { limits, stateDir: stateOf(stranger.pid) });
    const locked = await primary.publish(request("x"), never);
    assert.ok(!locked.ok);
    assert.equal(locked.problem.code, "repository-locked");
    assert.match(locked.problem.advice, /after 30 minutes.*`restic unlock --remove-all`/);
    await insistAlive(stranger.process);
    assert.equal(readdirSync(join(path, "locks")).length, 1);

    await end(stranger.process);
    assert.ok((await primary.publish(request("x"), never)).ok);
    assert.deepEqual(readdirSync(join(path, "locks")), []);
  });

  it("is left alone while a thread of somebody else has the pid", async () => {
    const idle = ["-e", "setInterval(() => undefined, 1000)"];
    const stranger = begin(spawn(process.execPath, idle, { stdio: "ignore" }));
    const threads = () => readdirSync(`/proc/${stranger.pid}/task`).map(Number);
    while (threads().length < 4) await pause(10);
    const path = await lockAs(Math.max(...threads()));
    const done = await open(path, {}, { limits }).publish(request("x"), never);
    assert.equal(!done.ok && done.problem.code, "repository-locked");
    await insistAlive(stranger.process);
    await end(stranger.process);
  });
});

describe("a lock of this machine's name whose pid is not here", { skip: whyNoDeadLock() ?? false }, () => {
  const pid = 400_123;

  it("is left alone while nobody knows that it is ours: its restic may live in another container", async () => {
    const path = await lockAs(pid);
    for (const stateDir of [undefined, makeFolder(), stateOf(pid + 1), stateOf(pid, -60 * 60_000)]) {
      const locked = await open(path, {}, { limits, ...(stateDir && { stateDir }) }).publish(
        request("x"),
        never,
      );
      assert.equal(!locked.ok && locked.problem.code, "repository-locked");
      assert.equal(readdirSync(join(path, "locks")).length, 1);
    }
  });

  it("is removed when it is ours, by the instance that is started after the one that left it", async () => {
    const path = await lockAs(pid);
    const stateDir = stateOf(pid);
    assert.ok((await open(path, {}, { limits, stateDir }).publish(request("x"), never)).ok);
    assert.deepEqual(readdirSync(join(path, "locks")), []);
  });
});

/**
 * A state folder that says: a restic of ours with this pid was at work, from a minute ago (or earlier by `shift`) on.
 */
function stateOf(pid: number, shift = 0): string {
  const folder = makeFolder();
  const run = { pid, hostname: hostname(), from: Date.now() - 60_000 + shift };
  const ended = shift === 0 ? {} : { to: run.from + 1_000 };
  writeFileSync(join(folder, "restic-runs.json"), JSON.stringify([{ ...run, ...ended }]));
  return folder;
}

async function lockAs(pid: number): Promise<string> {
  const path = join(makeFolder(), "r");
  await makeRepository(path);
  await leaveLock(path, resticEnvironment(path), pid);
  const [id = ""] = readdirSync(join(path, "locks"));
  const lock = JSON.parse(await restic(path, ["cat", "lock", id, "--no-lock"]));
  assert.equal(lock.pid, pid);
  return path;
}

function begin(process: ChildProcess) {
  const { pid } = process;
  assert.ok(pid);
  after(() => process.kill("SIGKILL"));
  return { process, pid };
}

async function end(process: ChildProcess): Promise<void> {
  const exited = once(process, "exit");
  process.kill("SIGKILL");
  await exited;
}

async function insistAlive(process: ChildProcess): Promise<void> {
  await pause(100);
  assert.equal(process.signalCode, null);
}

describe("mayUnlock", () => {
  const minutes = 60_000;
  /** A pid that no process here has. */
  const OURS = 2 ** 30;
  const lock = (more: Record<string, unknown>) => ({
    time: new Date().toISOString(),
    exclusive: true,
    hostname: hostname(),
    username: "root",
    pid: process.pid,
    ...more,
  });
  /** Asks with a restic that shows these locks, one after the other. */
  const ask = (...locks: readonly (string | object)[]) =>
    mayUnlock(
      {
        restic: async ({ args: [command, , id = ""] }) => {
          const ids = locks.map((_lock, at) => String(at).padStart(64, "0"));
          const shown = command === "list" ? ids.join("\n") : locks[Number(id)];
          if (shown === "damaged")
            return failure({
              code: "repository-damaged",
              message: "A lock cannot be read.",
              advice: "None.",
            });
          const text = typeof shown === "string" ? shown : JSON.stringify(shown);
          return success({ stdout: new TextEncoder().encode(text), stderr: "" });
        },
        limit: 1_000,
        signal: never,
      },
      { isLeftByUs: ({ pid }) => pid === OURS },
    );

  it("says no for a lock that may be somebody else's", async () => {
    assert.deepEqual(await ask(lock({ pid: OURS }), lock({ pid: OURS + 1 })), success(false));
  });

  it("says no for a pid that exists here, also as the last of many", async () => {
    assert.deepEqual(await ask(lock({})), success(false));
    assert.deepEqual(await ask(lock({ pid: OURS }), "damaged", lock({})), success(false));
    const future = new Date(Date.now() + 60 * minutes).toISOString();
    assert.deepEqual(await ask(lock({ time: future })), success(false), "a clock was set back");
  });

  it("says yes where restic sends no signal, or nobody is there to hear it", async () => {
    const old = new Date(Date.now() - 31 * minutes).toISOString();
    const harmless = [lock({ pid: OURS }), lock({ hostname: "elsewhere" }), lock({ time: old }), "damaged"];
    assert.deepEqual(await ask(...harmless), success(true));
    assert.deepEqual(await ask(), success(true));
  });

  it("says no to what it does not understand", async () => {
    for (const strange of ["", "null", "{}", lock({ pid: "1" })])
      assert.deepEqual(await ask(strange), success(false));
  });
});
