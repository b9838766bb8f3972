import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Connection, createConnection, type RowDataPacket } from "mysql2/promise";
import type { MariaDbServer } from "../../src/database/mariadb/session.ts";
import { projectFolder } from "./paths.ts";
import { PATIENCE, waitFor } from "./wait.ts";

/** A populated Kuma 2.5.3 on MariaDB, as mariadb-dump wrote it; and the same on SQLite, made by the same script. */
export const SIDE_BY_SIDE = {
  mariadb: join(projectFolder, "test/fixtures/side-by-side/mariadb-2.5.3.sql"),
  sqlite: join(projectFolder, "test/fixtures/side-by-side/sqlite-2.5.3.db"),
};

export interface TestMariaDb {
  readonly socket: string;
  /** Of its own folder, in which data, socket and log are. */
  readonly folder: string;
  readonly pid: number;
  /** A database as the connections of ours find it. */
  place(database: string): MariaDbServer;
  /** Makes a database, and runs a dump in it. */
  create(database: string, dump?: string): Promise<MariaDbServer>;
  drop(database: string): Promise<void>;
  /** Runs statements as the administrator, with foreign keys off. */
  run(database: string, ...statements: string[]): Promise<void>;
  /** A connection of the administrator's, as Kuma's are: foreign keys on. */
  connect(database: string): Promise<Connection>;
  /** Rows as objects; dates and whole numbers beyond 2^53 as text. */
  query(database: string, sql: string): Promise<Record<string, unknown>[]>;
  /** SIGKILL, and a start on what that has left. */
  kill(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Data folders as mariadb-install-db makes them, by what they are made with: each is made once, and copied. */
const installed = new Map<string, Promise<string>>();

/**
 * A database server with a data folder of its own, reached by its socket alone unless an option names a port; small,
 * and killed with this process.
 */
export function startMariadbd(...options: string[]): Promise<TestMariaDb> {
  return startMariadbdIn(mkdtempSync(join(tmpdir(), "mariadbd-")), ...options);
}

/** The same in a folder that is there, which goes with the server. */
export async function startMariadbdIn(folder: string, ...options: string[]): Promise<TestMariaDb> {
  chmodSync(folder, 0o755);
  const [data, socket] = [join(folder, "data"), join(folder, "mariadb.sock")];
  // Of which files the data are is decided when they are made.
  const files = options.filter((option) => option.startsWith("--innodb"));
  const template = installed.get(files.join()) ?? install(files);
  installed.set(files.join(), template);
  cpSync(await template, data, { recursive: true });
  const common = [
    ...commonOptions(data),
    // A server that starts removes the temporary tables of all others in the folder that it has for them.
    `--tmpdir=${folder}`,
    ...options,
  ];
  let server: ChildProcess;
  const start = async () => {
    const own = [`--socket=${socket}`, `--pid-file=${folder}/pid`, `--log-error=${folder}/log`];
    const size = [
      "--innodb-buffer-pool-size=32M",
      "--performance-schema=OFF",
      "--innodb-flush-method=nosync",
    ];
    const networking = options.some((option) => option.startsWith("--port")) ? [] : ["--skip-networking"];
    server = spawn(
      "setpriv",
      ["--pdeathsig", "KILL", "mariadbd", ...common, ...own, ...size, ...networking],
      { stdio: "ignore" },
    );
    await waitFor("mariadbd", () => answers(), { every: 50 });
  };
  const answers = () =>
    connect("mysql").then(
      (connection) => connection.end().then(() => true),
      () => undefined,
    );
  const end = async (signal: NodeJS.Signals) => {
    const ended = once(server, "exit");
    if (server.exitCode !== null || server.signalCode !== null) return;
    server.kill(signal);
    await ended;
  };
  await start();
  return {
    socket,
    folder,
    get pid() {
      return server.pid ?? 0;
    },
    place,
    create: async (database, dump) => {
      await run("mysql", `CREATE DATABASE ${database} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`);
      if (dump !== undefined) await run(database, readFileSync(dump, "utf8"));
      return place(database);
    },
    drop: (database) => run("mysql", `DROP DATABASE ${database}`),
    run,
    connect,
    query: async (database, sql) => {
      const connection = await connect(database);
      try {
        const [rows] = await connection.query<RowDataPacket[]>(sql);
        return rows.map((row) => ({ ...row }));
      } finally {
        await connection.end();
      }
    },
    kill: () => end("SIGKILL"),
    start,
    close: async () => {
      await end("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };

  function place(database: string): MariaDbServer {
    return {
      address: { kind: "socket", path: socket },
      database,
      user: "root",
      password: "",
      tls: undefined,
    };
  }

  function connect(database: string): Promise<Connection> {
    return createConnection({
      socketPath: socket,
      user: "root",
      database,
      charset: "utf8mb4_bin",
      multipleStatements: true,
      connectTimeout: PATIENCE,
      supportBigNumbers: true,
      dateStrings: true,
    });
  }

  async function run(database: string, ...statements: string[]): Promise<void> {
    const connection = await connect(database);
    try {
      await connection.query("SET foreign_key_checks = 0, sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES')");
      for (const statement of statements) await connection.query(statement);
    } finally {
      await connection.end();
    }
  }
}

function commonOptions(data: string): string[] {
  return ["--no-defaults", `--user=${userInfo().username}`, `--datadir=${data}`, "--innodb-log-file-size=8M"];
}

async function install(options: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "mariadb-installed-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const data = join(folder, "data");
  mkdirSync(data);
  const more = [`--tmpdir=${folder}`, "--auth-root-authentication-method=normal", "--skip-test-db"];
  await promisify(execFile)("mariadb-install-db", [...commonOptions(data), ...options, ...more], {
    timeout: PATIENCE,
  });
  return data;
}
