import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readKumaVersion } from "../../src/kuma/index.ts";
import { followKuma } from "../../test/support/kuma/following-client.ts";
import { connectKuma } from "../../test/support/kuma/kuma-api.ts";
import { copyPatchedKuma } from "../../test/support/kuma/patched-kuma.ts";
import { startNtfy } from "../../test/support/ntfy-server.ts";
import { serveRepository } from "../../test/support/rest-server.ts";
import { fillData } from "../../test/support/source-data.ts";
import { openNamespace, type SupervisorNamespace } from "../../test/support/supervisor-namespace.ts";
import type { Figure, Measure } from "../figure.ts";
import { quantile, spread } from "../stats.ts";

const RUNS = { polled: 8, woken: 20 };
/** Of the cycles, seconds; woken, only the local look counts. */
const INTERVAL = 10;
const GOALS = { polled: 25, median: 8, most: 12 };
/** No two edits within the time that a primary leaves between two publishes, with some to spare; milliseconds. */
const APART = 20_000;

/** From the moment that a person saves an edit on the primary until the replica's Kuma runs with it. */
export const arrival: Measure = {
  name: "arrival of an edit",
  measure: async (folder) => {
    const kuma = await copyPatchedKuma();
    const ntfy = await startNtfy();
    try {
      const usual = { KUMA_DIR: kuma.dir, KUMA_COMMAND: "", REPLICATOR_PROOF_WINDOW: "10s" };
      const intervals = { BACKUP_INTERVAL: `${INTERVAL}s`, RESTORE_INTERVAL: `${INTERVAL}s` };
      const polled = await timeEdits(join(folder, "polled"), RUNS.polled, { ...usual, ...intervals });
      const wake = { REPLICATOR_WAKE: "ntfy", NTFY_URL: `${ntfy.url}/bench`, REPLICATOR_APPLY: "live" };
      const hours = { BACKUP_INTERVAL: "1h", RESTORE_INTERVAL: "1h" };
      const woken = await timeEdits(join(folder, "woken"), RUNS.woken, { ...usual, ...hours, ...wake });
      return [figureOfPolled(polled), figureOfWoken(woken)];
    } finally {
      ntfy.close();
      kuma.remove();
    }
  },
};

const NAME = "edit on the primary to running on the replica";

function figureOfPolled(times: readonly number[]): Figure {
  const ours = spread(times);
  const name = `${NAME}, intervals of ${INTERVAL} s, by a restart`;
  return { name, unit: "s", ours, goal: `under ${GOALS.polled} s`, reached: ours.median < GOALS.polled };
}

function figureOfWoken(times: readonly number[]): Figure {
  const ours = spread(times);
  const most = quantile(times, 0.95);
  return {
    name: `${NAME}, woken by ntfy, applied live`,
    unit: "s",
    ours,
    goal: `median under ${GOALS.median} s, 95 % under ${GOALS.most} s`,
    reached: ours.median < GOALS.median && most < GOALS.most,
    note: `95 % within ${most.toFixed(1)} s, of ${times.length} edits`,
  };
}

/** Seconds of each edit. @param env of both */
async function timeEdits(folder: string, runs: number, env: Record<string, string>): Promise<number[]> {
  const kumaDir = env.KUMA_DIR ?? "";
  // The primary makes the repository, with a key derivation that is slow by intent.
  const server = await serveRepository(join(folder, "repository"));
  const open = async (name: string, mode: "BACKUP" | "RESTORE") => {
    const dataDir = join(folder, name);
    fillData(dataDir, readKumaVersion(kumaDir));
    const instance = await openNamespace({ mode, name, dataDir, repository: server.url, env });
    await instance.untilLogged("cycle-done");
    return instance;
  };
  const primary = await open("primary", "BACKUP");
  const replica = await open("replica", "RESTORE");
  try {
    return await editAgainAndAgain(primary, replica, runs);
  } finally {
    await Promise.all([primary.kill(), replica.kill()]);
    await server.close();
  }
}

async function editAgainAndAgain(
  primary: SupervisorNamespace,
  replica: SupervisorNamespace,
  runs: number,
): Promise<number[]> {
  const person = await connectKuma(`http://127.0.0.1:${primary.port}`);
  const follower = followKuma(`http://127.0.0.1:${replica.port}`);
  const times: number[] = [];
  try {
    const [id = 0] = person.lists.monitors.keys();
    for (let run = 0; run < runs; run += 1) {
      const name = `renamed for the ${run}. time`;
      // A person edits at any moment: the runs are spread evenly over the interval.
      await sleep((run / runs) * INTERVAL * 1_000);
      const from = replica.events().length;
      const begun = performance.now();
      await person.editMonitor(id, { name });
      const isThere = (kuma: typeof person) => kuma.lists.monitors.get(id)?.name === name || undefined;
      await follower.until(name, isThere, { timeout: 120_000 });
      times.push((performance.now() - begun) / 1_000);
      await replica.untilLogged("applied", { from });
      await sleep(Math.max(0, begun + APART - performance.now()));
    }
  } finally {
    person.close();
    follower.close();
  }
  return times;
}
