import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { CUT_OFF_AFTER, openBusyKuma } from "../../support/kuma/busy-kuma.ts";
import { copyPatchedKuma } from "../../support/kuma/patched-kuma.ts";
import type { Fault } from "../fault.ts";

export const stopBusyKuma: Fault = {
  group: 1,
  name: "SIGTERM of a busy Uptime Kuma, patched",
  checked: "a heartbeat of each answered check, a message for each change of state, the database closed",
  rounds: (asked) => asked,
  impossible: () =>
    process.env.KUMA_DIR ? undefined : "the npm package is a pre-release, which ends as ever: set KUMA_DIR",
  roundsPerStage: 50,
  open: async (folder) => {
    const patched = await copyPatchedKuma();
    const round: Awaited<ReturnType<Fault["open"]>>["round"] = async (random) => {
      const kuma = await openBusyKuma(
        patched,
        mkdtempSync(join(folder, "round-")),
        () => random.below(1_000) / 1_000,
      );
      try {
        const took = await kuma.runAndStop(random.below(1_500));
        try {
          kuma.assertNothingLost();
          return took < CUT_OFF_AFTER ? "sooner" : "as long as ever";
        } catch (error) {
          // What Kuma itself would have cut off as well is no loss by a shorter end.
          if (took < CUT_OFF_AFTER) throw error;
          return "as long as ever, and cut off as ever";
        }
      } finally {
        await kuma.close();
      }
    };
    return { round, close: async () => patched.remove() };
  },
};
