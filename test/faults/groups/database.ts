import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { execaSync } from "execa";
import {
  assertEqualsOneOf,
  assertLocalUnchanged,
  assertUnchanged,
  type DatabaseState,
  readState,
} from "../../support/database-state.ts";
import { assertInvariant } from "../../support/invariant.ts";
import { openReplicaScenario, type ReplicaScenario } from "../../support/scenarios.ts";
import type { Fault } from "../fault.ts";

interface Trouble {
  readonly name: string;
  readonly checked: string;
  readonly rounds: (asked: number) => number;
  readonly impossible?: () => string | undefined;
  readonly round: (scenario: ReplicaScenario, before: DatabaseState) => Promise<string>;
}

const few = (asked: number) => Math.max(1, Math.min(Math.ceil(asked / 20), 10));
const once = () => 1;

const TROUBLES: readonly Trouble[] = [
  {
    name: "missing",
    checked: "Kuma makes its own, then the replica converges",
    rounds: few,
    round: async (scenario) => {
      await scenario.instance.kill();
      for (const suffix of ["", "-wal", "-shm"]) rmSync(`${fileOf(scenario)}${suffix}`, { force: true });
      await scenario.start();
      await scenario.converge();
      return "converged";
    },
  },
  {
    name: "of 0 bytes",
    checked:
      "nothing is written into it, the hanging Kuma is ended and started again; converges once the file is back",
    rounds: few,
    round: (scenario, before) => replaceFile(scenario, before, Buffer.alloc(0)),
  },
  {
    name: "that is none",
    checked: "nothing is written into it, the supervisor stays; converges once the file is back",
    rounds: few,
    round: (scenario, before) => replaceFile(scenario, before, randomBytes(20_000)),
  },
  {
    name: "locked by another process for 30 s",
    checked: "reported as database-locked, Kuma runs, no row changed; converges once it is free",
    rounds: once,
    round: (scenario, before) => holdLock(scenario, before, 30_000),
  },
  {
    name: "with a WAL that a kill left",
    checked: "the WAL is not lost: every committed row is there, converges",
    rounds: few,
    round: async (scenario, before) => {
      const beats = () => count(scenario, "SELECT count(*) FROM heartbeat");
      await sleep(200);
      await scenario.instance.kill();
      assertInvariant(
        existsSync(`${fileOf(scenario)}-wal`) && statSync(`${fileOf(scenario)}-wal`).size > 0,
        "no WAL was left",
      );
      const atKill = beats();
      await scenario.publishNext();
      await scenario.start();
      // Meanwhile more were written, and none is dropped: the next version removes a monitor without any of these.
      const gone = atKill - beats();
      assertInvariant(gone <= 0, `${gone} heartbeats of the WAL are gone`);
      assertLocalUnchanged(before, await scenario.converge());
      return "converged";
    },
  },
  {
    name: "that may not be written",
    checked: "reported, the supervisor stays, no row changed; converges once it may be written",
    rounds: few,
    impossible: () => (process.getuid?.() === 0 ? undefined : "making a file unwritable for root takes root"),
    round: async (scenario, before) => {
      await scenario.instance.stop();
      execaSync("chattr", ["+i", fileOf(scenario)]);
      try {
        await scenario.publishNext();
        await scenario.start();
        const reported = await scenario.instance.untilLogged("cycle-failed");
        assertInvariant(/^database-/.test(reported.problem.code), `reported as ${reported.problem.code}`);
        assertUnchanged(scenario.dataDir, before);
      } finally {
        execaSync("chattr", ["-i", fileOf(scenario)]);
      }
      await scenario.instance.kill();
      await scenario.start();
      assertLocalUnchanged(before, await scenario.converge());
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
      const scenario = await openReplicaScenario(folder, { env });
      return { round: () => round(scenario, readState(scenario.dataDir)), close: scenario.close };
    },
  }),
);

function fileOf({ dataDir }: ReplicaScenario): string {
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

async function replaceFile(
  scenario: ReplicaScenario,
  before: DatabaseState,
  content: Buffer,
): Promise<string> {
  await scenario.instance.stop();
  const file = fileOf(scenario);
  renameSync(file, `${file}.aside`);
  writeFileSync(file, content);
  await scenario.start();
  const type = content.length === 0 ? "kuma-killed" : "kuma-crashed";
  await scenario.instance.untilLogged(type);
  await scenario.instance.untilLogged("kuma-starting", { from: scenario.instance.events().length });
  assertInvariant(readFileSync(file).equals(content), "something was written into it");
  await scenario.instance.kill();
  for (const suffix of ["-wal", "-shm"]) rmSync(`${file}${suffix}`, { force: true });
  renameSync(`${file}.aside`, file);
  await scenario.publishNext();
  await scenario.start();
  assertLocalUnchanged(before, await scenario.converge());
  return type;
}

async function holdLock(scenario: ReplicaScenario, before: DatabaseState, time: number): Promise<string> {
  const after = await scenario.publishNext();
  const db = new Database(fileOf(scenario), { fileMustExist: true, timeout: 10_000 });
  const held = Date.now();
  try {
    db.exec("BEGIN IMMEDIATE");
    const reported = await scenario.instance.cycle();
    assertInvariant(
      reported.type === "cycle-failed" && reported.problem.code === "database-locked",
      `reported ${JSON.stringify(reported)}`,
    );
    await scenario.instance.untilLogged("kuma-ready", {
      from: scenario.instance.events().findIndex((event) => event.type === "kuma-stopped"),
    });
    assertEqualsOneOf(readState(scenario.dataDir), { before });
    await sleep(Math.max(0, held + time - Date.now()));
  } finally {
    db.exec("ROLLBACK");
    db.close();
  }
  await scenario.instance.cycle();
  const now = await scenario.converge();
  assertEqualsOneOf(now, { after });
  assertLocalUnchanged(before, now);
  return "database-locked";
}
