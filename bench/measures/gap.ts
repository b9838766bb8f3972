import { once } from "node:events";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ApplyWay } from "../../src/config/index.ts";
import { connectKuma, type KumaClient } from "../../test/support/kuma/kuma-api.ts";
import { copyPatchedKuma, type PatchedKuma } from "../../test/support/kuma/patched-kuma.ts";
import { openMariaDbScenario } from "../../test/support/mariadb-scenarios.ts";
import { openReplicaScenario } from "../../test/support/scenarios.ts";
import { change } from "../../test/support/source-data.ts";
import type { SupervisorNamespace } from "../../test/support/supervisor-namespace.ts";
import { waitFor } from "../../test/support/wait.ts";
import type { Figure, Measure } from "../figure.ts";
import { spread } from "../stats.ts";

/** Engines and numbers of monitors. */
const STAGES = [
  ["SQLite", 10],
  ["SQLite", 200],
  ["SQLite", 1_000],
  ["MariaDB", 200],
] as const;
/** Of every monitor, seconds. */
const INTERVAL = 20;
/** Ids of the monitors begin here. */
const FIRST = 5_000;
/** What is asked for: nobody's rhythm is broken by more, seconds; and all that is lost together, monitor-seconds. */
const RHYTHM = 0.2;
const MOST_LOST = 20;
const LIVE_GOAL = `no other monitor over ${RHYTHM} s, sum under ${MOST_LOST} s`;

/** What all monitors look at. It knows when each of them did, by the steady clock. */
interface Target {
  readonly port: number;
  readonly checks: ReadonlyMap<number, readonly number[]>;
  close(): void;
}

/**
 * How long monitors are not watched, because one of them was edited: of each monitor the longest time between two
 * checks, less its interval, as seen by what is checked. (MariaDB stores the time of a heartbeat in seconds alone.)
 */
export const gaps: readonly Measure[] = STAGES.map(([engine, count]) => ({
  name: `heartbeat gap, ${engine}, ${count.toLocaleString("en")}`,
  measure: async (folder) => {
    const kuma = await copyPatchedKuma();
    try {
      return await measureStage(folder, kuma, engine, count);
    } finally {
      kuma.remove();
    }
  },
}));

async function measureStage(
  folder: string,
  kuma: PatchedKuma,
  engine: "SQLite" | "MariaDB",
  count: number,
): Promise<Figure[]> {
  const target = await openTarget();
  // While this file is there, Kuma does not sleep between the starts of two monitors: only to set the stage. (A "?"
  // would end the program that a data URL holds.)
  const hurry = join(folder, `${engine}-${count}.hurry`);
  writeFileSync(hurry, "");
  const random = `import{existsSync}from'node:fs';const r=Math.random;Math.random=()=>existsSync('${hurry}')&&-0.43||r()`;
  const way = (apply: ApplyWay) => ({
    KUMA_DIR: kuma.dir,
    KUMA_COMMAND: `"${process.execPath}" "--import=data:text/javascript,${random}" server/server.js`,
    REPLICATOR_PROOF_WINDOW: "1s",
    REPLICATOR_APPLY: apply,
  });
  const open = engine === "SQLite" ? onSqlite : onMariaDb;
  const stage = await open(join(folder, `${engine}-${count}`), kuma.version, way);
  try {
    await applyEdit(stage, [
      "DELETE FROM monitor",
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
       INSERT INTO monitor (id, name, type, url, active, user_id, interval, retry_interval, maxretries, timeout, method, accepted_statuscodes_json)
       SELECT ${FIRST} + i, 'm' || i, 'http', 'http://127.0.0.1:${target.port}/' || (${FIRST} + i), 1, 1, ${INTERVAL}, ${INTERVAL}, 0, 10, 'GET', '["200-299"]' FROM n`,
    ]);
    await untilAllChecked(target, count);
    const page = await logIn(stage);
    const person = await gapsOf(target, count, () => page.editMonitor(FIRST + 1, { name: "by hand" }));
    page.close();
    const live = kuma.goesLive
      ? await gapsOf(target, count, () => applyEdit(stage, [rename("live")]))
      : undefined;
    await stage.restart();
    await untilAllChecked(target, count);
    if (existsSync(hurry)) rmSync(hurry);
    const restart = await gapsOf(target, count, () => applyEdit(stage, [rename("restart")]));
    const one = `one of ${count} monitors edited, ${engine}`;
    return [
      figure(`${one}, by a restart of Kuma`, count, restart),
      ...(live ? [figure(`${one}, live`, count, live, LIVE_GOAL)] : []),
      figure(`${one}, by a person in Kuma's page, no replica`, count, person),
    ];
  } finally {
    await stage.close();
    target.close();
  }
}

/** A replica with a real Kuma, and the data folder of its primary. */
interface Stage {
  readonly sourceDir: string;
  readonly instance: () => SupervisorNamespace;
  publish(): Promise<void>;
  /** From now on it applies by a restart. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

type WayOf = (apply: ApplyWay) => Record<string, string>;

async function onSqlite(folder: string, kumaVersion: string, way: WayOf): Promise<Stage> {
  const scenario = await openReplicaScenario(folder, { env: way("live"), kumaVersion });
  const { sourceDir, publish, close } = scenario;
  const restart = async () => {
    await scenario.instance.kill();
    await scenario.start({ env: way("restart") });
    await scenario.instance.untilLogged("kuma-ready");
  };
  return { sourceDir, publish, close, restart, instance: () => scenario.instance };
}

async function onMariaDb(folder: string, _version: string, way: WayOf): Promise<Stage> {
  const scenario = await openMariaDbScenario(folder, { mode: "RESTORE", env: way("live") });
  const { sourceDir, publish, close } = scenario;
  const restart = async () => {
    await scenario.instance.kill();
    await scenario.start(way("restart"));
    await scenario.instance.untilLogged("kuma-ready");
  };
  return { sourceDir, publish, close, restart, instance: () => scenario.instance };
}

async function openTarget(): Promise<Target> {
  const checks = new Map<number, number[]>();
  const web = createServer((request, response) => {
    const monitor = Number(request.url?.slice(1));
    const known = checks.get(monitor) ?? [];
    known.push(performance.now());
    checks.set(monitor, known);
    response.end("ok");
  });
  web.listen(0, "127.0.0.1");
  await once(web, "listening");
  const close = () => {
    web.close();
    web.closeAllConnections();
  };
  return { port: (web.address() as AddressInfo).port, checks, close };
}

/** A person edits on the primary, and the replica applies that. */
async function applyEdit({ sourceDir, publish, instance }: Stage, sql: readonly string[]): Promise<void> {
  change(sourceDir, sql);
  await publish();
  const from = instance().events().length;
  instance().signal("SIGUSR1");
  await instance().untilLogged("applied", { from });
}

function rename(to: string): string {
  return `UPDATE monitor SET name = '${to}' WHERE id = ${FIRST + 1}`;
}

/** Kuma sends the page a hundred heartbeats of each monitor before it answers: on a busy machine that may take long. */
function logIn({ instance }: Stage): Promise<KumaClient> {
  const url = `http://127.0.0.1:${instance().port}`;
  return waitFor("a login", () => connectKuma(url).catch(() => undefined), { timeout: 10 * 60_000 });
}

/** Until each monitor was checked from now on, and an interval more. */
async function untilAllChecked({ checks }: Target, count: number): Promise<void> {
  const since = performance.now();
  const isChecked = (times: readonly number[]) => (times.at(-1) ?? 0) > since;
  const areAll = () => [...checks.values()].filter(isChecked).length === count || undefined;
  await waitFor("a check of each monitor", areAll, { timeout: 30 * 60_000 });
  await sleep(INTERVAL * 1_000);
}

/** Of each monitor, seconds. */
async function gapsOf(
  target: Target,
  count: number,
  work: () => Promise<void>,
): Promise<Map<number, number>> {
  const from = performance.now() - 2 * INTERVAL * 1_000;
  await work();
  await untilAllChecked(target, count);
  const longest = new Map<number, number>();
  for (const [monitor, times] of target.checks) {
    const recent = times.filter((time) => time > from);
    const beyond = recent.slice(1).map((time, at) => (time - (recent[at] ?? time)) / 1_000 - INTERVAL);
    longest.set(monitor, Math.max(0, ...beyond));
  }
  return longest;
}

function figure(name: string, count: number, gaps: Map<number, number>, goal?: string): Figure {
  const all = [...gaps.values()];
  const others = [...gaps].filter(([id]) => id !== FIRST + 1).map(([, beyond]) => beyond);
  const sum = all.reduce((total, beyond) => total + beyond, 0);
  return {
    name: `${name}: time between two checks beyond the interval`,
    unit: "s",
    ours: spread(all),
    goal: goal ?? "–",
    reached: goal === undefined ? undefined : Math.max(...others) <= RHYTHM && sum < MOST_LOST,
    note: `all monitors together ${Math.round(sum)} monitor-seconds; ${gaps.size} of ${count} seen`,
  };
}
