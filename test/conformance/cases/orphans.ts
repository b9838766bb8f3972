import assert from "node:assert/strict";
import { becomes, type Case, type Check, thatNodeBreaks } from "../case.ts";
import { usageOf } from "../processes.ts";

/**
 * Many orphans in a row: none stays, memory does not grow with them, and the work of PID 1 is less than 5 % of a core.
 */
function storm(orphans: number, pace: number): Check {
  return async (open) => {
    const box = await open({ kuma: ["--orphans", String(orphans), "--pace", String(pace)] });
    await box.noted("ready");
    const before = usageOf(box.first);
    const began = performance.now();
    let most = 0;
    while (!box.notes().includes("orphans made 0")) {
      assert.ok(performance.now() - began < 120_000, "the orphans are made in time");
      await new Promise((resolve) => setTimeout(resolve, 250));
      most = Math.max(most, box.processes().filter(({ zombie }) => zombie).length);
    }
    const after = usageOf(box.first);
    const share = (after.cpu - before.cpu) / (performance.now() - began);
    await becomes("no zombie is left", 1_500, () => !box.processes().some(({ zombie }) => zombie));
    assert.ok(most < 100, `${most} zombies at a time`);
    assert.ok(share < 0.05, `${(share * 100).toFixed(1)} % of a core`);
    const growth = (after.own - before.own) / 2 ** 20;
    assert.ok(growth < 30, `grew by ${growth.toFixed(1)} MB`);
  };
}

export const orphans: readonly Case[] = [
  thatNodeBreaks(
    "100 orphans: reaped within a second, the child's own exit code still right",
    async (open) => {
      const box = await open({
        kuma: ["--orphans", "100", "--exit", "7", "--after", "4000"],
        env: { REPLICATOR_RESTART_LIMIT: "0" },
      });
      await box.noted("orphans made 0");
      // The last of them sleeps 200 ms after that, and then a second is what a zombie may last.
      await becomes("all orphans are reaped", 1_200, () => {
        const all = box.processes();
        return !all.some(({ zombie, command }) => zombie || command[0] === "sleep");
      });
      assert.equal(await box.ended(), 7);
    },
  ),
  thatNodeBreaks(
    "1,500 orphans in about ten seconds: none stays, CPU under 5 % of a core",
    storm(1_500, 0.005),
  ),
];

/** Takes a minute, so it is not in npm test. */
export const longOrphans: readonly Case[] = [
  thatNodeBreaks(
    "10,000 orphans in about a minute: none stays, CPU under 5 % of a core",
    storm(10_000, 0.004),
  ),
];
