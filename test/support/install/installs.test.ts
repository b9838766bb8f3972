import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { installWhole } from "./kuma.ts";
import { withLock } from "./lock.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lab-installs-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("an install that fails half-way leaves nothing that counts, and nothing behind in the next one", async () => {
  const home = join(folder, "home");
  const interrupted = installWhole(home, async (part) => {
    writeFileSync(join(part, "half"), "");
    throw new Error("interrupted");
  });
  await assert.rejects(interrupted, /interrupted/);
  assert.equal(existsSync(home), false);
  await installWhole(home, async (part) => writeFileSync(join(part, "whole"), ""));
  assert.deepEqual(readdirSync(home), ["whole"]);
});

test("under one lock, one at a time", async () => {
  let inside = 0;
  let most = 0;
  const task = async () => {
    inside += 1;
    most = Math.max(most, inside);
    await sleep(50);
    inside -= 1;
  };
  await Promise.all([
    withLock("one", task, folder),
    withLock("one", task, folder),
    withLock("one", task, folder),
  ]);
  assert.equal(most, 1);
});

test("the lock of a process that was killed is free", async () => {
  const lock = new URL("./lock.ts", import.meta.url).href;
  const program = `
    const { withLock } = await import(${JSON.stringify(lock)});
    await withLock("one", () => { console.log("held"); return new Promise((done) => setTimeout(done, 60_000)); }, ${JSON.stringify(folder)});`;
  const args = ["--import", "tsx", "--input-type=module", "-e", program];
  const holder = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  await once(holder.stdout, "data");
  holder.kill("SIGKILL");
  await once(holder, "exit");
  assert.equal(await withLock("one", async () => "taken", folder), "taken");
});
