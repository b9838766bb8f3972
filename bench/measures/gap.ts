import { once } from "node:events";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ApplyWay } from "../../src/config/index.ts";
import { connectKuma, type KumaClient } from "../../test/support/kuma/kuma-api.ts";
import { copyPatchedKuma, type PatchedKuma } from "../../test/support/kuma/patched-kuma.ts";
import { type MariaDbScenario, openMariaDbScenario } from "../../test/support/mariadb-scenarios.ts";
import { openReplicaScenario, type ReplicaScenario } from "../../test/support/scenarios.ts";
import { change } from "../../test/support/source-data.ts";
import type { SupervisorNamespace } from "../../test/support/supervisor-namespace.ts";
import { waitFor } from "../../test/support/wait.ts";
import type { Figure, Measure } from "../figure.ts";
import { spread } from "../stats.ts";

interface Stage {
  readonly engine: "SQLite" | "MariaDB";
  readonly count: number;
  /** Of every monitor, seconds. */
  readonly interval: number;
}

/** A thousand with Uptime Kuma's default interval: more it cannot do on time on a small machine. */
const STAGES: readonly Stage[] = [
  { engine: "SQLite", count: 10, interval: 20 },
  { engine: "SQLite", count: 200, interval: 20 },
  { engine: "SQLite", count: 1_000, interval: 60 },
  { engine: "MariaDB", count: 200, interval: 20 },
];
/** Ids of the monitors begin here. */
const FIRST = 5_000;
/**
 * What is asked for, beyond what a busy Kuma is late by anyway: nobody's rhythm is broken by more, seconds; and all that
 * is lost together, monitor-seconds.
 */
const RHYTHM = 0.2;
const MOST_LOST = 20;
const LIVE_GOAL = `beyond what is when nothing is edited: no other monitor over ${RHYTHM} s, sum under ${MOST_LOST} s`;

/** What all monitors look at. It knows when each of them did, by the steady clock. */
interface Target {
  /** Of the monitors. */
  readonly count: number;
  readonly interval: number;
  readonly port: number;
  readonly checks: ReadonlyMap<number, readonly number[]>;
  close(): void;
}

/**
 * How long monitors are not watched, because one of them was edited: of each monitor the longest time between two
 * checks, less its interval, as seen by what is checked. (MariaDB stores the time of a heartbeat in seconds alone.)
 */
export const gaps: readonly Measure[] = STAGES.map((stage) => ({
  name: `heartbeat gap, ${stage.engine}, ${stage.count.toLocaleString("en")}`,
  measure: async (folder) => {
    const kuma = await copyPatchedKuma();
    try {
      return await measureStage(folder, kuma, stage);
    } finally {
      kuma.remove();
    }
  },
}));

async function measureStage(
  folder: string,
  kuma: PatchedKuma,
  { engine, count, interval }: Stage,
): Promise<Figure[]> {
  const target = await openTarget(count, interval);
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
  const replica = await open(join(folder, `${engine}-${count}`), kuma.version, way);
  try {
    await applyEdit(replica, [
      "DELETE FROM monitor",
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
       INSERT INTO monitor (id, name, type, url, active, user_id, interval, retry_interval, maxretries, timeout, method, accepted_statuscodes_json)
       SELECT ${FIRST} + i, 'm' || i, 'http', 'http://127.0.0.1:${target.port}/' || (${FIRST} + i), 1, 1, ${interval}, ${interval}, 0, 10, 'GET', '["200-299"]' FROM n`,
    ]);
    await untilAllChecked(target);
    const idle = await gapsOf(target, async () => undefined);
    const page = await logIn(replica);
    const person = await gapsOf(target, () => page.editMonitor(FIRST + 1, { name: "by hand" }));
    page.close();
    const live = kuma.goesLive ? await gapsOf(target, () => applyEdit(replica, [rename("live")])) : undefined;
    await replica.restart();
    await untilAllChecked(target);
    if (existsSync(hurry)) rmSync(hurry);
    const restart = await gapsOf(target, () => applyEdit(replica, [rename("restart")]));
    const one = `one of ${count} monitors edited, ${engine}`;
    return [
      figure(`${one}, by a restart of Kuma`, restart, idle),
      ...(live ? [figure(`${one}, live`, live, idle, LIVE_GOAL)] : []),
      figure(`${one}, by a person in Kuma's page, no replica`, person, idle),
    ];
  } finally {
    await replica.close();
    target.close();
  }
}

/** A replica with a real Kuma, and the data folder of its primary. */
interface Replica {
  readonly sourceDir: string;
  readonly instance: () => SupervisorNamespace;
  publish(): Promise<void>;
  /** From now on it applies by a restart. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

type WayOf = (apply: ApplyWay) => Record<string, string>;

async function onSqlite(folder: string, kumaVersion: string, way: WayOf): Promise<Replica> {
  const scenario = await openReplicaScenario(folder, { env: way("live"), kumaVersion });
  return replicaOf(scenario, () => scenario.start({ env: way("restart") }));
}

async function onMariaDb(folder: string, _version: string, way: WayOf): Promise<Replica> {
  const scenario = await openMariaDbScenario(folder, { mode: "RESTORE", env: way("live") });
  return replicaOf(scenario, () => scenario.start(way("restart")));
}

/** @param startAgain starts it so that it applies by a restart */
function replicaOf(
  scenario: Pick<ReplicaScenario | MariaDbScenario, "sourceDir" | "publish" | "close" | "instance">,
  startAgain: () => Promise<unknown>,
): Replica {
  const { sourceDir, publish, close } = scenario;
  const restart = async () => {
    await scenario.instance.kill();
    await startAgain();
    await scenario.instance.untilLogged("kuma-ready");
  };
  return { sourceDir, publish, close, restart, instance: () => scenario.instance };
}

async function openTarget(count: number, interval: number): Promise<Target> {
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
  return { count, interval, port: (web.address() as AddressInfo).port, checks, close };
}

/** A person edits on the primary, and the replica applies that. */
async function applyEdit({ sourceDir, publish, instance }: Replica, sql: readonly string[]): Promise<void> {
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
function logIn({ instance }: Replica): Promise<KumaClient> {
  const url = `http://127.0.0.1:${instance().port}`;
  return waitFor("a login", () => connectKuma(url).catch(() => undefined), { timeout: 10 * 60_000 });
}

/** Until each monitor was checked from now on, and an interval more. */
async function untilAllChecked({ checks, count, interval }: Target): Promise<void> {
  const since = performance.now();
  const isChecked = (times: readonly number[]) => (times.at(-1) ?? 0) > since;
  const areAll = () => [...checks.values()].filter(isChecked).length === count || undefined;
  await waitFor("a check of each monitor", areAll, { timeout: 30 * 60_000 });
  await sleep(interval * 1_000);
}

/** Of each monitor, seconds. */
async function gapsOf(target: Target, work: () => Promise<void>): Promise<Map<number, number>> {
  const { interval } = target;
  const from = performance.now() - 2 * interval * 1_000;
  await work();
  await untilAllChecked(target);
  const longest = new Map<number, number>();
  for (const [monitor, times] of target.checks) {
    const recent = times.filter((time) => time > from);
    const beyond = recent.slice(1).map((time, at) => (time - (recent[at] ?? time)) / 1_000 - interval);
    longest.set(monitor, Math.max(0, ...beyond));
  }
  return longest;
}

/** @param idle the same while nothing is edited */
function figure(
  name: string,
  gaps: ReadonlyMap<number, number>,
  idle: ReadonlyMap<number, number>,
  goal?: string,
): Figure {
  const all = [...gaps.values()];
  const others = [...gaps].filter(([id]) => id !== FIRST + 1).map(([, beyond]) => beyond);
  const sum = sumOf(all);
  const usual = [...idle.values()];
  return {
    name: `${name}: time between two checks beyond the interval`,
    unit: "s",
    ours: spread(all),
    reference: { name: "nothing is edited", values: spread([...idle.values()]) },
    goal: goal ?? "–",
    reached:
      goal === undefined
        ? undefined
        : Math.max(...others) <= Math.max(...usual) + RHYTHM && sum < sumOf(usual) + MOST_LOST,
    note: `all monitors together ${Math.round(sum)} monitor-seconds; ${gaps.size} monitors seen`,
  };
}

function sumOf(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
