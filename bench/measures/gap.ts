import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ApplyWay } from "../../src/config/index.ts";
import { connectKuma, type KumaClient } from "../../test/support/kuma/kuma-api.ts";
import { copyPatchedKuma, type PatchedKuma } from "../../test/support/kuma/patched-kuma.ts";
import { query } from "../../test/support/rows.ts";
import { openReplicaScenario, type ReplicaScenario } from "../../test/support/scenarios.ts";
import { change } from "../../test/support/source-data.ts";
import { waitFor } from "../../test/support/wait.ts";
import type { Figure, Measure } from "../figure.ts";
import { spread } from "../stats.ts";

const COUNTS = [10, 200, 1_000];
/** Of every monitor, seconds. */
const INTERVAL = 20;
/** Ids of the monitors begin here. */
const FIRST = 5_000;
/** What is asked for: nobody's rhythm is broken by more, seconds; and all that is lost together, monitor-seconds. */
const RHYTHM = 0.2;
const MOST_LOST = 20;

/**
 * How long monitors are not watched, because one of them was edited: of each monitor the longest time between two
 * heartbeats, less its interval.
 */
export const gap: Measure = {
  name: "heartbeat gap",
  measure: async (folder) => {
    const kuma = await copyPatchedKuma();
    const web = createServer((_request, response) => response.end("ok")).listen(0, "127.0.0.1");
    await once(web, "listening");
    const address = web.address() as AddressInfo;
    try {
      const figures: Figure[] = [];
      for (const count of COUNTS) {
        const stage = await openStage(join(folder, String(count)), kuma, address, count);
        figures.push(...(await stage.measure().finally(stage.close)));
      }
      return figures;
    } finally {
      web.close();
      web.closeAllConnections();
      kuma.remove();
    }
  },
};

async function openStage(folder: string, kuma: PatchedKuma, { port }: AddressInfo, count: number) {
  // While this file is there, Kuma does not sleep between the starts of two monitors: only to set the stage. (A "?"
  // would end the program that a data URL holds.)
  const hurry = `${folder}.hurry`;
  writeFileSync(hurry, "");
  const random = `import{existsSync}from'node:fs';const r=Math.random;Math.random=()=>existsSync('${hurry}')&&-0.43||r()`;
  const env = {
    KUMA_DIR: kuma.dir,
    KUMA_COMMAND: `"${process.execPath}" "--import=data:text/javascript,${random}" server/server.js`,
    REPLICATOR_PROOF_WINDOW: "1s",
  };
  const way = (apply: ApplyWay) => ({ env: { ...env, REPLICATOR_APPLY: apply } });
  const scenario = await openReplicaScenario(folder, { ...way("live"), kumaVersion: kuma.version });
  const database = join(scenario.dataDir, "kuma.db");

  return { measure, close: scenario.close };

  async function measure(): Promise<Figure[]> {
    await applyEdit(scenario, [
      "DELETE FROM monitor",
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
       INSERT INTO monitor (id, name, type, url, active, user_id, interval, retry_interval, maxretries, timeout, method, accepted_statuscodes_json)
       SELECT ${FIRST} + i, 'm' || i, 'http', 'http://127.0.0.1:${port}/', 1, 1, ${INTERVAL}, ${INTERVAL}, 0, 10, 'GET', '["200-299"]' FROM n`,
    ]);
    await untilAllBeat();
    const page = await logIn();
    const person = await gapsOf(() => page.editMonitor(FIRST + 1, { name: "by hand" }));
    page.close();
    const live = await gapsOf(() => applyEdit(scenario, [rename("live")]));
    await scenario.instance.kill();
    await scenario.start(way("restart"));
    await scenario.instance.untilLogged("kuma-ready");
    await untilAllBeat();
    rmSync(hurry);
    const restart = await gapsOf(() => applyEdit(scenario, [rename("restart")]));
    return [
      figure("by a restart of Kuma", restart),
      figure("live", live, `no other monitor over ${RHYTHM} s, sum under ${MOST_LOST} s`),
      figure("edited by a person in Kuma's page, no replica", person),
    ];
  }

  function rename(to: string): string {
    return `UPDATE monitor SET name = '${to}' WHERE id = ${FIRST + 1}`;
  }

  /**
   * Kuma sends the page a hundred heartbeats of each monitor before it answers: on a busy machine that may take long.
   */
  function logIn(): Promise<KumaClient> {
    const url = `http://127.0.0.1:${scenario.instance.port}`;
    return waitFor("a login", () => connectKuma(url).catch(() => undefined), { timeout: 10 * 60_000 });
  }

  /** Until each monitor has beaten from now on, and an interval more. */
  async function untilAllBeat(): Promise<void> {
    const since = inDatabase(Date.now());
    const missing = () =>
      query(
        database,
        `SELECT id FROM monitor WHERE id > ${FIRST} AND id NOT IN (SELECT monitor_id FROM heartbeat WHERE time > ?)`,
        since,
      ).length;
    await waitFor("a heartbeat of each monitor", () => missing() === 0 || undefined, {
      timeout: 30 * 60_000,
      every: 1_000,
    });
    await sleep(INTERVAL * 1_000);
  }

  async function gapsOf(work: () => Promise<void>): Promise<Map<number, number>> {
    const from = Date.now();
    await work();
    await untilAllBeat();
    const rows = query(
      database,
      `SELECT monitor_id, time FROM heartbeat WHERE monitor_id > ${FIRST} AND time > ? ORDER BY monitor_id, time`,
      inDatabase(from - 2 * INTERVAL * 1_000),
    );
    const longest = new Map<number, number>();
    let last: { readonly monitor: number; readonly time: number } | undefined;
    for (const row of rows) {
      const [monitor, time] = [Number(row.monitor_id), Date.parse(`${String(row.time).replace(" ", "T")}Z`)];
      const beyond = last?.monitor === monitor ? (time - last.time) / 1_000 - INTERVAL : 0;
      longest.set(monitor, Math.max(0, beyond, longest.get(monitor) ?? 0));
      last = { monitor, time };
    }
    return longest;
  }

  function figure(way: string, gaps: Map<number, number>, goal?: string): Figure {
    const all = [...gaps.values()];
    const others = [...gaps].filter(([id]) => id !== FIRST + 1).map(([, beyond]) => beyond);
    const sum = all.reduce((total, beyond) => total + beyond, 0);
    return {
      name: `one of ${count} monitors edited, ${way}: time between two heartbeats beyond the interval`,
      unit: "s",
      ours: spread(all),
      goal: goal ?? "–",
      reached: goal === undefined ? undefined : Math.max(...others) <= RHYTHM && sum < MOST_LOST,
      note: `all monitors together ${Math.round(sum)} monitor-seconds; ${gaps.size} of ${count} seen`,
    };
  }
}

/** A person edits on the primary, and the replica applies that. */
async function applyEdit(scenario: ReplicaScenario, sql: readonly string[]): Promise<void> {
  const { instance } = scenario;
  change(scenario.sourceDir, sql);
  await scenario.publish();
  const from = instance.events().length;
  instance.signal("SIGUSR1");
  await instance.untilLogged("applied", { from, timeout: 120_000 });
}

/** As Kuma stores a moment. */
function inDatabase(time: number): string {
  return new Date(time).toISOString().replace("T", " ").slice(0, 23);
}
