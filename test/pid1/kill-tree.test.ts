import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { killTree } from "../../src/pid1/kill-tree.ts";
import { descendantsOf, listProcesses } from "../../src/pid1/process-tree.ts";
import { PATIENCE } from "../support/wait.ts";

const program = (name: string) => fileURLToPath(new URL(`../fixtures/programs/${name}`, import.meta.url));
const options = { timeout: PATIENCE, skip: process.platform === "linux" ? false : "needs /proc" };

/** Pids of living processes whose command line holds the mark. */
function bearing(mark: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const dead = /\) Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
        return !dead && readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(mark);
      } catch {
        return false;
      }
    })
    .map(Number);
}

async function untilNoneBears(mark: string): Promise<void> {
  for (let left = 100; left > 0 && bearing(mark).length > 0; left--) await sleep(20);
  assert.deepEqual(bearing(mark), []);
}

test("the whole tree is gone, sessions of its own included", options, async () => {
  const mark = `kill-tree-${process.pid}`;
  const child = spawn(process.execPath, [program("grow-tree.mjs"), mark], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for (let left = 250; left > 0 && bearing(mark).length < 5; left--) await sleep(20);
  assert.equal(bearing(mark).length, 5);
  assert.ok(child.pid !== undefined);
  killTree(child.pid);
  const [, signal] = await once(child, "exit");
  assert.equal(signal, "SIGKILL");
  await untilNoneBears(mark);
});

test("a tree that keeps growing does not slip away", options, async () => {
  const mark = `grow-on-${process.pid}`;
  const child = spawn(program("grow-on.sh"), [mark], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  await sleep(300);
  assert.ok(child.pid !== undefined);
  killTree(child.pid);
  await once(child, "exit");
  await untilNoneBears(mark);
});

test(
  "a process whose name looks like the end of its own name field has the right parent",
  options,
  async () => {
    const child = spawn(
      process.execPath,
      ["-e", "process.title = 'a) Z 1 (b'; console.log(1); setInterval(() => 0, 1e3)"],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    try {
      await once(child.stdout, "data");
      assert.ok(child.pid !== undefined);
      assert.match(readFileSync(`/proc/${child.pid}/stat`, "latin1"), /\(a\) Z 1 \(b\)/);
      const processes = listProcesses();
      assert.equal(processes?.get(child.pid)?.parent, process.pid);
      assert.ok(processes && descendantsOf(process.pid, processes).includes(child.pid));
    } finally {
      child.kill("SIGKILL");
    }
  },
);
