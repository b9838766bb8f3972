import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { steadyNow } from "../../src/clock.ts";
import { readKumaVersion } from "../../src/kuma/index.ts";
import { followKuma } from "../../test/support/kuma/following-client.ts";
import { connectKuma } from "../../test/support/kuma/kuma-api.ts";
import { copyPatchedKuma } from "../../test/support/kuma/patched-kuma.ts";
import type { LogEntry } from "../../test/support/log-file.ts";
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
      return [figureOfPolled(polled), figureOfWoken(woken, kuma.goesLive)];
    } finally {
      ntfy.close();
      kuma.remove();
    }
  },
};

const NAME = "edit on the primary to running on the replica";

function figureOfPolled(edits: readonly Arrived[]): Figure {
  const ours = spread(edits.map(({ all }) => all));
  const name = `${NAME}, intervals of ${INTERVAL} s, by a restart`;
  return { name, unit: "s", ours, goal: `under ${GOALS.polled} s`, reached: ours.median < GOALS.polled };
}

function figureOfWoken(edits: readonly Arrived[], isLive: boolean): Figure {
  const times = edits.map(({ all }) => all);
  const ours = spread(times);
  const most = quantile(times, 0.95);
  return {
    name: `${NAME}, woken by ntfy, ${isLive ? "applied live" : "by a restart (a pre-release of Uptime Kuma)"}`,
    unit: "s",
    ours,
    goal: `median under ${GOALS.median} s, 95 % under ${GOALS.most} s`,
    reached: isLive ? ours.median < GOALS.median && most < GOALS.most : undefined,
    note: `95 % within ${most.toFixed(1)} s, of ${times.length} edits; ${describeParts(edits)}`,
  };
}

/** The median of each part. */
function describeParts(edits: readonly Arrived[]): string {
  const median = (part: Part) => spread(edits.map((edit) => edit[part])).median.toFixed(1);
  return `until the primary begins to publish ${median("rest")} s, its publish ${median("publish")} s, until the replica looks ${median("message")} s, its look, download and apply ${median("apply")} s`;
}

/** How long an edit was on its way, and the parts of that: seconds. */
interface Arrived {
  readonly all: number;
  /** It has to rest before the primary publishes it. */
  readonly rest: number;
  readonly publish: number;
  readonly message: number;
  readonly apply: number;
}
type Part = Exclude<keyof Arrived, "all">;

/** @param env of both */
async function timeEdits(folder: string, runs: number, env: Record<string, string>): Promise<Arrived[]> {
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
): Promise<Arrived[]> {
  const person = await connectKuma(`http://127.0.0.1:${primary.port}`);
  const follower = followKuma(`http://127.0.0.1:${replica.port}`);
  const edits: Arrived[] = [];
  try {
    const [id = 0] = person.lists.monitors.keys();
    for (let run = 0; run < runs; run += 1) {
      const name = `renamed for the ${run}. time`;
      // A person edits at any moment: the runs are spread evenly over the interval.
      await sleep((run / runs) * INTERVAL * 1_000);
      const [primaryFrom, from] = [primary.events().length, replica.events().length];
      const begun = steadyNow();
      await person.editMonitor(id, { name });
      const isThere = (kuma: typeof person) => kuma.lists.monitors.get(id)?.name === name || undefined;
      await follower.until(name, isThere, { timeout: 120_000 });
      const there = steadyNow();
      await replica.untilLogged("applied", { from });
      edits.push(
        partsOf({ begun, there }, primary.entries().slice(primaryFrom), replica.entries().slice(from)),
      );
      await sleep(Math.max(0, begun + APART - steadyNow()));
    }
  } finally {
    person.close();
    follower.close();
  }
  return edits;
}

/** @param primary what it has reported since the edit began. @param replica the same */
function partsOf(
  { begun, there }: { readonly begun: number; readonly there: number },
  primary: readonly LogEntry[],
  replica: readonly LogEntry[],
): Arrived {
  const published = cycleOf(primary, "published");
  const applied = cycleOf(replica, "applied");
  return {
    all: (there - begun) / 1_000,
    rest: (published.begun - begun) / 1_000,
    publish: (published.ended - published.begun) / 1_000,
    message: (applied.begun - published.ended) / 1_000,
    apply: (there - applied.begun) / 1_000,
  };
}

/** When the cycle that came to this began, and when it was told. */
function cycleOf(
  entries: readonly LogEntry[],
  outcome: "published" | "applied",
): { readonly begun: number; readonly ended: number } {
  const end = entries.findIndex(({ event }) => event.type === outcome);
  const begin = entries.slice(0, end).findLast(({ event }) => event.type === "cycle-started");
  return { begun: begin?.at ?? Number.NaN, ended: entries[end]?.at ?? Number.NaN };
}
