import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openBox } from "../../faults/boxed.ts";
import { serveRepository } from "../../faults/proxy.ts";
import { fillData } from "../../faults/truth.ts";
import { followKuma } from "../../lab/following-client.ts";
import { ensureKuma } from "../../lab/kuma.ts";
import { connectKuma } from "../../lab/kuma-api.ts";
import { readKumaVersion } from "../../src/kuma/index.ts";
import type { Measure } from "../figure.ts";
import { spread } from "../stats.ts";

const RUNS = 10;
/** Seconds. */
const INTERVAL = 10;
const GOAL = 25;

/** From the moment that a person saves an edit on the primary until the replica's Kuma runs with it. */
export const arrival: Measure = {
  name: "arrival of an edit",
  measure: async (folder) => {
    const kumaDir = await ensureKuma();
    // Its own key derivation, which is slow by intent: the primary makes the repository.
    const server = await serveRepository(join(folder, "repository"));
    const env = {
      KUMA_DIR: kumaDir,
      KUMA_COMMAND: "",
      BACKUP_INTERVAL: `${INTERVAL}s`,
      RESTORE_INTERVAL: `${INTERVAL}s`,
    };
    const open = async (name: string, mode: "BACKUP" | "RESTORE") => {
      const dataDir = join(folder, name);
      fillData(dataDir, readKumaVersion(kumaDir));
      const more = { REPLICATOR_PROOF_WINDOW: "10s" };
      const box = await openBox({ mode, name, dataDir, repository: server.url, env: { ...env, ...more } });
      await box.told("cycle-done");
      return box;
    };
    const primary = await open("primary", "BACKUP");
    const replica = await open("replica", "RESTORE");
    const person = await connectKuma(`http://127.0.0.1:${primary.port}`);
    const follower = followKuma(`http://127.0.0.1:${replica.port}`);
    const times: number[] = [];
    try {
      const [monitor] = person.lists.monitors.keys();
      for (let run = 0; run < RUNS; run += 1) {
        const name = `renamed for the ${run}. time`;
        // A person edits at any moment: the runs are spread evenly over the interval.
        await sleep((run / RUNS) * INTERVAL * 1_000);
        const from = replica.events().length;
        const begun = performance.now();
        await person.editMonitor(monitor ?? 0, { name });
        await follower.until(
          name,
          (kuma) => kuma.lists.monitors.get(monitor ?? 0)?.name === name || undefined,
          { timeout: 120_000 },
        );
        times.push((performance.now() - begun) / 1_000);
        // The next one not within the time of proof of this one: nobody edits twice in ten seconds, again and again.
        await replica.told("applied", { from });
      }
    } finally {
      person.close();
      follower.close();
      await Promise.all([primary.kill(), replica.kill()]);
      await server.close();
    }
    const ours = spread(times);
    return [
      {
        name: "edit on the primary to running on the replica, intervals of 10 s",
        unit: "s",
        ours,
        goal: `under ${GOAL} s`,
        reached: ours.median < GOAL,
      },
    ];
  },
};
