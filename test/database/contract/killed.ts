import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { encodeSnapshot, type Snapshot } from "../../../src/snapshot/index.ts";
import { changeRows, IDS, png, value } from "../fixtures.ts";
import type { Task } from "./apply-program.ts";
import type { ContractEngine, ContractInstance } from "./engine.ts";
import { take } from "./support.ts";

const program = fileURLToPath(new URL("apply-program.ts", import.meta.url));

/** Fractions of the time that an apply takes here when nobody kills it. */
const MOMENTS = [0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9, 1];

/** SIGKILL to a process that applies, at many instants. */
export function killedContract(engine: ContractEngine): void {
  it("applied by a process that is killed, is before or after, never between, and the next apply converges", async (t) => {
    const { instance, snapshot, snapshotFile } = await prepare(t, engine);
    const before = await instance.dump();
    const whole = await runApply(instance, snapshotFile);
    assert.equal(whole.said, "applied\n");
    const found: string[] = [];
    for (const moment of MOMENTS) {
      value(await instance.kuma.rollBack());
      assert.deepEqual(await instance.dump(), before, `the undo of the apply before ${moment}`);
      await runApply(instance, snapshotFile, moment * whole.duration);
      const isAfter = value(await instance.kuma.lastApply()) !== undefined;
      if (isAfter) assert.ok(value(await instance.kuma.plan(snapshot)).empty);
      else assert.deepEqual(await instance.dump(), before, `killed at ${moment}`);
      value(await instance.kuma.apply(snapshot, IDS));
      assert.ok(value(await instance.kuma.plan(snapshot)).empty);
      found.push(isAfter ? "after" : "before");
    }
    t.diagnostic(`${Math.round(whole.duration)} ms; ${found.join(", ")}`);
  });
}

async function prepare(
  t: TestContext,
  engine: ContractEngine,
): Promise<{ instance: ContractInstance; snapshot: Snapshot; snapshotFile: string }> {
  const folder = mkdtempSync(join(tmpdir(), "contract-killed-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const instance = await engine.makeInstance(t);
  const rows = Array.from({ length: engine.manyMonitors }, (_, n) => `(${10_000 + n}, 'many ${n}', 1)`);
  await instance.sql(`INSERT INTO monitor (id, name, user_id) VALUES ${rows.join(", ")}`);
  const changed = await take(instance, (content) =>
    changeRows(content, "monitor", (all) => all.map((row) => ({ ...row, description: "x".repeat(250) }))),
  );
  const files = [{ name: "logo1.png", bytes: png("new") }];
  const snapshot = { ...changed, content: { ...changed.content, files } };
  const snapshotFile = join(folder, "snapshot");
  writeFileSync(snapshotFile, Buffer.concat([...encodeSnapshot(snapshot)]));
  return { instance, snapshot, snapshotFile };
}

/** @param killAfter milliseconds after the process has said that it applies; undefined: never */
async function runApply(
  { location, uploadDir, kumaVersion }: ContractInstance,
  snapshotFile: string,
  killAfter?: number,
): Promise<{ said: string; duration: number }> {
  const task: Task = { location, uploadDir, kumaVersion, snapshotFile };
  const child = spawn(process.execPath, ["--import", "tsx", program, JSON.stringify(task)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  await once(child.stdout, "data");
  const startedAt = performance.now();
  let said = "";
  let duration = 0;
  child.stdout.on("data", (piece) => {
    said += piece;
    duration = performance.now() - startedAt;
  });
  if (killAfter !== undefined) {
    await sleep(killAfter);
    child.kill("SIGKILL");
  }
  await ended;
  return { said, duration };
}
