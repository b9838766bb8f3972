import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { execa } from "execa";
import { readKumaVersion } from "../../src/kuma/index.ts";
import { ensureBuilt } from "./install/build.ts";
import { type Instance, instanceEnvironment, startInstance } from "./kuma/instance.ts";
import { programFile } from "./paths.ts";
import { freePort } from "./ports.ts";
import { makeRepository } from "./repository.ts";
import { PATIENCE, waitFor } from "./wait.ts";

const STAND_IN = fileURLToPath(new URL("../fixtures/programs/stand-in-kuma.mjs", import.meta.url));
const KUMA_VERSION = "2.5.3";

/** Has a stand-in run where the others have a real Kuma. */
export const STAND_IN_COMMAND = { KUMA_COMMAND: `"${process.execPath}" "${STAND_IN}"` };
export const PASSWORD = "password-of-the-commands-8812";

export interface Said {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** One instance: the real program, a real database of Kuma 2.5.3, a stand-in for Kuma's process. */
export interface Member {
  readonly instance: Instance;
  readonly dataDir: string;
  /** Runs a command as `docker exec` would: beside the instance, with its environment. */
  command(...args: string[]): Promise<Said>;
  /** The same, with more in its environment. */
  commandIn(env: Record<string, string>, ...args: string[]): Promise<Said>;
  /** The same, with this on its standard input. */
  commandWith(input: string, ...args: string[]): Promise<Said>;
  /** Runs a command at a terminal, as `docker exec -t` would; gives what that shows, standard error among it. */
  atTerminal(...args: string[]): Promise<string>;
  /** Runs SQL on the database, as Kuma would. */
  sql(statement: string): void;
  query(statement: string): unknown[];
  /** Stops it and starts it again, with other environment. */
  restart(env?: Record<string, string>): Promise<void>;
}

export interface Rig {
  readonly folder: string;
  readonly repository: string;
  /** @param prepare changes its database before the first start */
  add(
    name: string,
    mode: "BACKUP" | "RESTORE",
    env?: Record<string, string>,
    prepare?: (db: Database.Database) => void,
  ): Promise<Member>;
  /** A primary "fra" that has published, and a replica "nyc" that has applied that. */
  addPair(): Promise<[primary: Member, replica: Member]>;
  close(): Promise<void>;
}

/**
 * A temporary folder with a repository in it that instances share.
 * @param realKuma the folder of a Kuma that runs instead of the stand-in
 * @param standsFor the release that the stand-in is, and whose database each instance begins with
 */
export function makeRig(realKuma?: string, standsFor = KUMA_VERSION): Rig {
  const folder = mkdtempSync(join(tmpdir(), "commands-"));
  const repository = join(folder, "repository");
  const kumaDir = realKuma ?? join(folder, "kuma");
  const version = realKuma === undefined ? standsFor : readKumaVersion(realKuma);
  if (realKuma === undefined) {
    mkdirSync(join(kumaDir, "db", version.startsWith("1.") ? "" : "knex_migrations"), { recursive: true });
    writeFileSync(join(kumaDir, "package.json"), JSON.stringify({ version }));
  }
  const members: Member[] = [];

  async function add(
    name: string,
    mode: "BACKUP" | "RESTORE",
    env: Record<string, string> = {},
    prepare: (db: Database.Database) => void = () => undefined,
  ): Promise<Member> {
    const dataDir = join(folder, name);
    mkdirSync(dataDir, { recursive: true });
    if (!existsSync(repository)) await makeRepository(repository, PASSWORD);
    copyFileSync(new URL(`../fixtures/kuma-dbs/${version}.db`, import.meta.url), join(dataDir, "kuma.db"));
    inDatabase(dataDir, prepare);
    const port = await freePort();
    const more = {
      ...(realKuma === undefined ? STAND_IN_COMMAND : {}),
      // The rhythm is the tests': nothing happens that no command asked for.
      BACKUP_INTERVAL: "1h",
      RESTORE_INTERVAL: "1h",
      REPLICATOR_PROOF_WINDOW: "0s",
      ...env,
    };
    const options = { name, mode, port, dataDir, kumaDir, repository, password: PASSWORD, interval: 3600 };
    const start = async (other: Record<string, string>) => {
      const begun = await startInstance({ ...options, env: { ...more, ...other } });
      await begun.waitReady();
      return begun;
    };
    let current = await start({});
    let environment = { ...more };

    const run = async (
      input: string | undefined,
      program: [string, ...string[]],
      also: Record<string, string> = {},
    ): Promise<Said> => {
      const [file, ...args] = program;
      const { exitCode, stdout, stderr } = await execa(file, args, {
        cwd: dataDir,
        extendEnv: false,
        env: { ...instanceEnvironment({ ...options, env: environment }), HOME: folder, ...also },
        ...(input === undefined ? { stdin: "ignore" as const } : { input }),
        reject: false,
        timeout: PATIENCE,
      });
      return { exitCode, stdout, stderr };
    };
    const member: Member = {
      get instance() {
        return current;
      },
      dataDir,
      command: (...args) => run(undefined, [process.execPath, programFile, ...args]),
      commandIn: (also, ...args) => run(undefined, [process.execPath, programFile, ...args], also),
      commandWith: (input, ...args) => run(input, [process.execPath, programFile, ...args]),
      atTerminal: async (...args) => {
        const words = [process.execPath, programFile, ...args].map((word) => `'${word}'`).join(" ");
        return (await run(undefined, ["script", "-q", "-e", "-c", words, "/dev/null"])).stdout;
      },
      sql: (statement) => inDatabase(dataDir, (db) => void db.exec(statement)),
      query: (statement) => inDatabase(dataDir, (db) => db.prepare(statement).all()),
      restart: async (other = {}) => {
        await current.stop();
        environment = { ...more, ...other };
        current = await start(other);
      },
    };
    members.push(member);
    return member;
  }

  return {
    folder,
    repository,
    add,
    addPair: async () => {
      const primary = await add("fra", "BACKUP");
      await untilLogged(primary, /Published snapshot/);
      const replica = await add("nyc", "RESTORE");
      await untilLogged(replica, /Applied snapshot/);
      return [primary, replica];
    },
    close: async () => {
      await Promise.all(members.map(({ instance }) => instance.kill()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Runs a command of no instance at all. */
export async function runAlone(args: string[], env: Record<string, string> = {}): Promise<Said> {
  await ensureBuilt();
  const { exitCode, stdout, stderr } = await execa(process.execPath, [programFile, ...args], {
    extendEnv: false,
    env: { PATH: process.env.PATH ?? "", ...env },
    stdin: "ignore",
    reject: false,
    timeout: PATIENCE,
  });
  return { exitCode, stdout, stderr };
}

/** The output of a command that must have gone well. */
export function said({ exitCode, stdout, stderr }: Said): string {
  assert.equal(exitCode, 0, `${stdout}\n${stderr}`);
  return stdout;
}

/** Waits until the instance has published or applied something. */
export async function untilLogged(member: Member, pattern: RegExp): Promise<void> {
  await waitFor(`${pattern} in the log`, () => pattern.test(member.instance.log()) || undefined);
}

function inDatabase<T>(dataDir: string, work: (db: Database.Database) => T): T {
  const db = new Database(join(dataDir, "kuma.db"), { fileMustExist: true });
  try {
    return work(db);
  } finally {
    db.close();
  }
}
