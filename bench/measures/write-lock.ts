import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { type DatabaseLocation, type DatabaseWorker, openDatabaseWorker } from "../../src/database/index.ts";
import { success } from "../../src/result.ts";
import { encodeSnapshot, type Snapshot } from "../../src/snapshot/index.ts";
import { startBuilt } from "../../test/support/built-thread.ts";
import { SIDE_BY_SIDE, startMariadbd, type TestMariaDb } from "../../test/support/mariadbd.ts";
import { changeMonitors, FIRST, fillWithMonitors, KUMA, taken, takeSnapshot } from "../databases.ts";
import type { Figure, Measure } from "../figure.ts";
import { spread } from "../stats.ts";

const SIZES = [10, 200, 1_000];
const RUNS = 15;
/** Milliseconds between two writes of somebody else, and for how long one of them may wait. */
const EVERY = 10;
const GOAL = 100;
const IDS = { snapshotId: "ab".repeat(32), contentHash: "cd".repeat(32) };
/** What Kuma writes at each check, and at some checks of a DNS monitor, both of a monitor that is not edited. */
const HEARTBEAT = `INSERT INTO heartbeat (monitor_id, status, msg, time) VALUES (${FIRST + 2}, 1, 'beat', '2026-11-27 21:00:00')`;
const DNS_RESULT = `UPDATE monitor SET dns_last_result = concat('at ', hex(rand())) WHERE id = ${FIRST + 2}`;

/** One write of somebody else than the supervisor. */
type Write = () => Promise<unknown> | unknown;

/** For how long Kuma's writes wait while an edit of one of many monitors is applied under it. */
export const writeLock: Measure = {
  name: "write lock",
  measure: async (folder) => {
    const server = await startMariadbd();
    try {
      const figures: Figure[] = [];
      for (const size of SIZES) {
        const dataDir = join(folder, String(size));
        const snapshots = fill(dataDir, size);
        figures.push(...(await onSqlite(dataDir, snapshots, size)));
        figures.push(...(await onMariaDb(server, join(dataDir, "upload"), snapshots, size)));
      }
      return figures;
    } finally {
      await server.close();
    }
  },
};

/** Two that differ in one monitor. */
type Snapshots = readonly [Snapshot, Snapshot];

function fill(dataDir: string, size: number): Snapshots {
  fillWithMonitors(dataDir, size);
  const before = takeSnapshot(dataDir);
  changeMonitors(dataDir, 1, "edited");
  return [takeSnapshot(dataDir), before];
}

async function onSqlite(dataDir: string, snapshots: Snapshots, size: number): Promise<Figure[]> {
  const file = join(dataDir, "kuma.db");
  const kuma = new Database(file, { timeout: 10_000 });
  const insert = kuma.prepare(HEARTBEAT);
  const open = () => openWorker({ engine: "sqlite", file }, join(dataDir, "upload"));
  const waits = await whileApplying(open, snapshots, () => insert.run());
  const [idle] = await whileIdle(() => insert.run());
  kuma.pragma("busy_timeout = 0");
  const held: number[] = [];
  for (const run of await lockedWhileApplying(open, snapshots, kuma)) held.push(run);
  kuma.close();
  return [
    figure(`SQLite, ${size} monitors: longest wait of a heartbeat`, waits, idle),
    { ...figure(`SQLite, ${size} monitors: write lock held`, held), goal: "–", reached: undefined },
  ];
}

async function onMariaDb(
  server: TestMariaDb,
  uploadDir: string,
  snapshots: Snapshots,
  size: number,
): Promise<Figure[]> {
  const database = `kuma_${size}`;
  const place = await server.create(database, SIDE_BY_SIDE.mariadb);
  const open = () => openWorker({ engine: "mariadb", ...place }, uploadDir);
  const kuma = await server.connect(database);
  // So that the monitors are there.
  await whileApplying(open, snapshots, () => undefined, 1);
  const figures: Figure[] = [];
  for (const [what, statement] of [
    ["a heartbeat", HEARTBEAT],
    ["the result of a DNS check", DNS_RESULT],
  ] as const) {
    const waits = await whileApplying(open, snapshots, () => kuma.query(statement));
    const [idle] = await whileIdle(() => kuma.query(statement));
    figures.push(figure(`MariaDB, ${size} monitors: longest wait of ${what}`, waits, idle));
  }
  await kuma.end();
  return figures;
}

/** The longest wait of each run, milliseconds. */
async function whileApplying(
  open: () => Opened,
  snapshots: Snapshots,
  write: Write,
  runs = RUNS,
): Promise<number[]> {
  return eachApply(open, snapshots, runs, async (isOver) => {
    let longest = 0;
    while (!isOver()) {
      const begun = performance.now();
      await write();
      const took = performance.now() - begun;
      longest = Math.max(longest, took);
      await sleep(Math.max(0, EVERY - took));
    }
    return longest;
  });
}

async function whileIdle(write: Write): Promise<[number]> {
  let longest = 0;
  for (let at = 0; at < 50; at += 1) {
    const begun = performance.now();
    await write();
    longest = Math.max(longest, performance.now() - begun);
    await sleep(EVERY);
  }
  return [longest];
}

/** How long nobody else could begin to write, milliseconds: asked as often as can be. */
async function lockedWhileApplying(
  open: () => Opened,
  snapshots: Snapshots,
  kuma: Database.Database,
): Promise<number[]> {
  return eachApply(open, snapshots, RUNS, async (isOver) => {
    let [held, since] = [0, undefined as number | undefined];
    while (!isOver()) {
      const now = performance.now();
      if (isLocked(kuma)) since ??= now;
      else if (since !== undefined) [held, since] = [Math.max(held, now - since), undefined];
      await sleep(0);
    }
    return since === undefined ? held : Math.max(held, performance.now() - since);
  });
}

function isLocked(kuma: Database.Database): boolean {
  try {
    kuma.exec("BEGIN IMMEDIATE; ROLLBACK");
    return false;
  } catch {
    return true;
  }
}

async function eachApply(
  open: () => Opened,
  snapshots: Snapshots,
  runs: number,
  meanwhile: (isOver: () => boolean) => Promise<number>,
): Promise<number[]> {
  const { worker, close } = open();
  const [first, second] = await Promise.all(
    snapshots.map(async (each) => taken(await worker.load(Buffer.concat([...encodeSnapshot(each)])))),
  );
  const results: number[] = [];
  for (let run = 0; run < 2 * runs; run += 1) {
    const snapshot = run % 2 === 0 ? first : second;
    if (snapshot === undefined) break;
    let isOver = false;
    const applied = worker.apply(snapshot, IDS).finally(() => {
      isOver = true;
    });
    results.push(await meanwhile(() => isOver));
    taken(await applied);
  }
  close();
  return results;
}

interface Opened {
  readonly worker: DatabaseWorker;
  readonly close: () => void;
}

function openWorker(location: DatabaseLocation, uploadDir: string): Opened {
  const shutdown = new AbortController();
  const place = { locate: () => success(location), uploadDir, kumaVersion: KUMA };
  return { worker: openDatabaseWorker(place, shutdown.signal, startBuilt), close: () => shutdown.abort() };
}

function figure(name: string, longest: readonly number[], idle?: number): Figure {
  return {
    name: `${name}, an edit of one being applied`,
    unit: "ms",
    ours: spread(longest),
    ...(idle === undefined ? {} : { reference: { name: "nothing is applied", values: spread([idle]) } }),
    goal: `none over ${GOAL} ms`,
    reached: Math.max(...longest) <= GOAL,
  };
}
