import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { execaSync } from "execa";
import {
  insistLocalUnchanged,
  insistUnchanged,
  insistWholly,
  type Look,
  look,
} from "../../support/database-state.ts";
import { type Fault, insist } from "../../support/invariant.ts";
import { openReplicaStage, type ReplicaStage } from "../../support/scenarios.ts";

interface Trouble {
  readonly name: string;
  readonly checked: string;
  readonly rounds: (asked: number) => number;
  readonly impossible?: () => string | undefined;
  readonly round: (stage: ReplicaStage, before: Look) => Promise<string>;
}

const few = (asked: number) => Math.max(1, Math.min(Math.ceil(asked / 20), 10));
const once = () => 1;

const TROUBLES: readonly Trouble[] = [
  {
    name: "missing",
    checked: "Kuma makes its own, then the replica converges",
    rounds: few,
    round: async (stage) => {
      await stage.box.kill();
      for (const suffix of ["", "-wal", "-shm"]) rmSync(`${fileOf(stage)}${suffix}`, { force: true });
      await stage.start();
      await stage.converge();
      return "converged";
    },
  },
  {
    name: "of 0 bytes",
    checked:
      "nothing is written into it, the hanging Kuma is ended and started again; converges once the file is back",
    rounds: few,
    round: (stage, before) => replaceFile(stage, before, Buffer.alloc(0)),
  },
  {
    name: "that is none",
    checked: "nothing is written into it, the supervisor stays; converges once the file is back",
    rounds: few,
    round: (stage, before) => replaceFile(stage, before, randomBytes(20_000)),
  },
  {
    name: "locked by another process for 30 s",
    checked: "told as database-locked, Kuma runs, no row changed; converges once it is free",
    rounds: once,
    round: (stage, before) => holdLock(stage, before, 30_000),
  },
  {
    name: "with a WAL that a kill left",
    checked: "the WAL is not lost: every committed row is there, converges",
    rounds: few,
    round: async (stage, before) => {
      const beats = () => count(stage, "SELECT count(*) FROM heartbeat");
      await sleep(200);
      await stage.box.kill();
      insist(
        existsSync(`${fileOf(stage)}-wal`) && statSync(`${fileOf(stage)}-wal`).size > 0,
        "no WAL was left",
      );
      const atKill = beats();
      await stage.publishNext();
      await stage.start();
      // Meanwhile more were written, and none is dropped: the next version removes a monitor without any of these.
      const gone = atKill - beats();
      insist(gone <= 0, `${gone} heartbeats of the WAL are gone`);
      insistLocalUnchanged(before, await stage.converge());
      return "converged";
    },
  },
  {
    name: "that may not be written",
    checked: "told, the supervisor stays, no row changed; converges once it may be written",
    rounds: few,
    impossible: () => (process.getuid?.() === 0 ? undefined : "making a file unwritable for root takes root"),
    round: async (stage, before) => {
      await stage.box.stop();
      execaSync("chattr", ["+i", fileOf(stage)]);
      try {
        await stage.publishNext();
        await stage.start();
        const told = await stage.box.told("cycle-failed");
        insist(/^database-/.test(told.problem.code), `told as ${told.problem.code}`);
        insistUnchanged(stage.dataDir, before);
      } finally {
        execaSync("chattr", ["-i", fileOf(stage)]);
      }
      await stage.box.kill();
      await stage.start();
      insistLocalUnchanged(before, await stage.converge());
      return "database-read-only";
    },
  },
];

export const databaseFaults: readonly Fault[] = TROUBLES.map(
  ({ name, checked, rounds, impossible, round }) => ({
    group: 7,
    name: `a database ${name}`,
    checked,
    rounds,
    ...(impossible ? { impossible } : {}),
    roundsPerStage: 10,
    open: async (folder) => {
      const env = { REPLICATOR_START_LIMIT: "2s", REPLICATOR_RESTART_PAUSE: "1s" };
      const stage = await openReplicaStage(folder, { env });
      return { round: () => round(stage, look(stage.dataDir)), close: stage.close };
    },
  }),
);

function fileOf({ dataDir }: ReplicaStage): string {
  return join(dataDir, "kuma.db");
}

function count({ dataDir }: { dataDir: string }, sql: string): number {
  const db = new Database(join(dataDir, "kuma.db"), { readonly: true, fileMustExist: true, timeout: 5_000 });
  try {
    return Number(db.prepare(sql).pluck().get());
  } finally {
    db.close();
  }
}

async function replaceFile(stage: ReplicaStage, before: Look, content: Buffer): Promise<string> {
  await stage.box.stop();
  const file = fileOf(stage);
  renameSync(file, `${file}.aside`);
  writeFileSync(file, content);
  await stage.start();
  const type = content.length === 0 ? "kuma-killed" : "kuma-crashed";
  await stage.box.told(type);
  await stage.box.told("kuma-starting", { from: stage.box.events().length });
  insist(readFileSync(file).equals(content), "something was written into it");
  await stage.box.kill();
  for (const suffix of ["-wal", "-shm"]) rmSync(`${file}${suffix}`, { force: true });
  renameSync(`${file}.aside`, file);
  await stage.publishNext();
  await stage.start();
  insistLocalUnchanged(before, await stage.converge());
  return type;
}

async function holdLock(stage: ReplicaStage, before: Look, time: number): Promise<string> {
  const after = await stage.publishNext();
  const db = new Database(fileOf(stage), { fileMustExist: true, timeout: 10_000 });
  const held = Date.now();
  try {
    db.exec("BEGIN IMMEDIATE");
    const told = await stage.box.cycle();
    insist(
      told.type === "cycle-failed" && told.problem.code === "database-locked",
      `told ${JSON.stringify(told)}`,
    );
    await stage.box.told("kuma-ready", {
      from: stage.box.events().findIndex((event) => event.type === "kuma-stopped"),
    });
    insistWholly(look(stage.dataDir), { before });
    await sleep(Math.max(0, held + time - Date.now()));
  } finally {
    db.exec("ROLLBACK");
    db.close();
  }
  await stage.box.cycle();
  const now = await stage.converge();
  insistWholly(now, { after });
  insistLocalUnchanged(before, now);
  return "database-locked";
}
