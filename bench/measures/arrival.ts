import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readKumaVersion } from "../../src/kuma/index.ts";
import { ensureKuma } from "../../test/support/install/kuma.ts";
import { followKuma } from "../../test/support/kuma/following-client.ts";
import { connectKuma } from "../../test/support/kuma/kuma-api.ts";
import { startNtfy } from "../../test/support/ntfy-server.ts";
import { serveRepository } from "../../test/support/rest-server.ts";
import { fillData } from "../../test/support/source-data.ts";
import { openNamespace, type SupervisorNamespace } from "../../test/support/supervisor-namespace.ts";
import type { Figure, Measure } from "../figure.ts";
import { spread } from "../stats.ts";

const RUNS = 8;
/** Seconds. */
const INTERVAL = 10;
const GOAL = 25;

/** From the moment that a person saves an edit on the primary until the replica's Kuma runs with it. */
export const arrival: Measure = {
  name: "arrival of an edit",
  measure: async (folder) => {
    const polled = await timeEdits(join(folder, "polled"), { RESTORE_INTERVAL: `${INTERVAL}s` });
    const ntfy = await startNtfy();
    const wake = { REPLICATOR_WAKE: "ntfy", NTFY_URL: `${ntfy.url}/bench`, RESTORE_INTERVAL: "1h" };
    const woken = await timeEdits(join(folder, "woken"), wake);
    ntfy.close();
    const name = "edit on the primary to running on the replica";
    const figure = (what: string, times: readonly number[]): Figure => {
      const ours = spread(times);
      const goal = `under ${GOAL} s`;
      return { name: `${name}, ${what}`, unit: "s", ours, goal, reached: ours.median < GOAL };
    };
    return [
      figure(`intervals of ${INTERVAL} s`, polled),
      figure(`the primary's interval ${INTERVAL} s, the replica woken by ntfy`, woken),
    ];
  },
};

/** Seconds of each edit. @param env of both, the replica's way to hear of a publish in it */
async function timeEdits(folder: string, env: Record<string, string>): Promise<number[]> {
  const kumaDir = await ensureKuma();
  // The primary makes the repository, with a key derivation that is slow by intent.
  const server = await serveRepository(join(folder, "repository"));
  const open = async (name: string, mode: "BACKUP" | "RESTORE") => {
    const dataDir = join(folder, name);
    fillData(dataDir, readKumaVersion(kumaDir));
    const kuma = { KUMA_DIR: kumaDir, KUMA_COMMAND: "" };
    const usual = { BACKUP_INTERVAL: `${INTERVAL}s`, REPLICATOR_PROOF_WINDOW: "10s" };
    const more = { env: { ...kuma, ...usual, ...env } };
    const instance = await openNamespace({ mode, name, dataDir, repository: server.url, ...more });
    await instance.untilLogged("cycle-done");
    return instance;
  };
  const primary = await open("primary", "BACKUP");
  const replica = await open("replica", "RESTORE");
  try {
    return await editAgainAndAgain(primary, replica);
  } finally {
    await Promise.all([primary.kill(), replica.kill()]);
    await server.close();
  }
}

async function editAgainAndAgain(
  primary: SupervisorNamespace,
  replica: SupervisorNamespace,
): Promise<number[]> {
  const person = await connectKuma(`http://127.0.0.1:${primary.port}`);
  const follower = followKuma(`http://127.0.0.1:${replica.port}`);
  const times: number[] = [];
  try {
    const [id = 0] = person.lists.monitors.keys();
    for (let run = 0; run < RUNS; run += 1) {
      const name = `renamed for the ${run}. time`;
      // A person edits at any moment: the runs are spread evenly over the interval.
      await sleep((run / RUNS) * INTERVAL * 1_000);
      const from = replica.events().length;
      const begun = performance.now();
      await person.editMonitor(id, { name });
      const isThere = (kuma: typeof person) => kuma.lists.monitors.get(id)?.name === name || undefined;
      await follower.until(name, isThere, { timeout: 120_000 });
      times.push((performance.now() - begun) / 1_000);
      // The next one not within the time of proof of this one: nobody edits twice in ten seconds, again and again.
      await replica.untilLogged("applied", { from });
    }
  } finally {
    person.close();
    follower.close();
  }
  return times;
}
