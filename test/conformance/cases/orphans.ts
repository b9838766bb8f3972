import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { usageOf } from "../../support/processes.ts";
import { becomes, type Case, type Check, thatNodeBreaks } from "../case.ts";

/** Milliseconds; what a busy machine may take. */
const MAKING = 120_000;
const REAPING = 15_000;

/** Many orphans in a row, and none stays, however busy the machine is. */
const none: Check = async (open) => {
  const instance = await open({ kuma: ["--orphans", "300", "--pace", "0.005"] });
  await instance.noted("ready");
  for (const end = performance.now() + MAKING; !instance.notes().includes("orphans made 0"); await sleep(250))
    assert.ok(performance.now() < end, "the orphans are made in time");
  await becomes("no zombie is left", REAPING, () => !instance.processes().some(({ zombie }) => zombie));
};

/**
 * Many orphans in a row: none stays, memory does not grow with them, and the work of PID 1 is less than 5 % of a core.
 * Figures, which a busy machine breaks.
 */
function storm(orphans: number, pace: number): Check {
  return async (open) => {
    const instance = await open({ kuma: ["--orphans", String(orphans), "--pace", String(pace)] });
    await instance.noted("ready");
    const before = usageOf(instance.first);
    const began = performance.now();
    let most = 0;
    while (!instance.notes().includes("orphans made 0")) {
      assert.ok(performance.now() - began < 120_000, "the orphans are made in time");
      await new Promise((resolve) => setTimeout(resolve, 250));
      most = Math.max(most, instance.processes().filter(({ zombie }) => zombie).length);
    }
    const after = usageOf(instance.first);
    const share = (after.cpu - before.cpu) / (performance.now() - began);
    await becomes("no zombie is left", 1_500, () => !instance.processes().some(({ zombie }) => zombie));
    assert.ok(most < 100, `${most} zombies at a time`);
    assert.ok(share < 0.05, `${(share * 100).toFixed(1)} % of a core`);
    const growth = (after.own - before.own) / 2 ** 20;
    assert.ok(growth < 30, `grew by ${growth.toFixed(1)} MB`);
  };
}

export const orphans: readonly Case[] = [
  thatNodeBreaks("100 orphans: reaped, the child's own exit code still right", async (open) => {
    const instance = await open({
      kuma: ["--orphans", "100", "--exit", "7", "--after", String(REAPING + 2_000)],
      env: { REPLICATOR_RESTART_LIMIT: "0" },
    });
    await instance.noted("orphans made 0");
    await becomes("all orphans are reaped", REAPING, () => {
      const all = instance.processes();
      return !all.some(({ zombie, command }) => zombie || command[0] === "sleep");
    });
    assert.equal(await instance.ended(), 7);
  }),
  thatNodeBreaks("300 orphans in a row: none stays", none),
];

/** A figure, which a busy machine breaks: not in npm test. */
export const orphanFigures: readonly Case[] = [
  thatNodeBreaks(
    "1,500 orphans in about ten seconds: none stays, CPU under 5 % of a core",
    storm(1_500, 0.005),
  ),
];

/** Takes a minute besides. */
export const longOrphans: readonly Case[] = [
  thatNodeBreaks(
    "10,000 orphans in about a minute: none stays, CPU under 5 % of a core",
    storm(10_000, 0.004),
  ),
];
