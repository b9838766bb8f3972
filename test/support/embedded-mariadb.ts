import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import type { EmbeddedMariaDbLocation } from "../../src/database/index.ts";
import { serverAnswers } from "../../src/mariadbd/answers.ts";
import { listServers } from "../../src/mariadbd/processes.ts";
import { waitFor } from "./wait.ts";

/** The data of a MariaDB server in the form in which Kuma makes them, in a folder of their own. */
export interface EmbeddedData {
  readonly location: EmbeddedMariaDbLocation;
  /** Starts a server as Kuma does, under a process that stands for Kuma: its owner, until that is killed. */
  startOwned(): Promise<ChildProcess>;
  /** Starts a server as Kuma does, whose owner is gone; gives its pid once it answers. */
  startOrphan(): Promise<number>;
  /** Of the servers that run. */
  pids(): number[];
  /** Runs SQL through the socket. */
  sql(statement: string): Promise<string>;
  /** Ends what runs, and removes the folder. */
  close(): Promise<void>;
}

/** As `node` is in Kuma's image: Debian's mariadb-server brings this user along. */
const USER = "mysql";

export async function makeEmbeddedData(): Promise<EmbeddedData> {
  const folder = mkdtempSync(join(tmpdir(), "embedded-"));
  const uid = Number((await execa("id", ["-u", USER])).stdout);
  const [serverDir, runDir] = [join(folder, "mariadb"), join(folder, "run")];
  chmodSync(folder, 0o755);
  await execa("mariadb-install-db", [
    `--user=${USER}`,
    `--datadir=${serverDir}`,
    "--auth-root-authentication-method=socket",
    "--skip-test-db",
  ]);
  mkdirSync(join(serverDir, "kuma"));
  mkdirSync(runDir);
  for (const each of [join(serverDir, "kuma"), runDir]) chownSync(each, uid, -1);
  const location: EmbeddedMariaDbLocation = {
    engine: "embedded-mariadb",
    serverDir,
    socket: join(runDir, "mariadb.sock"),
    pidFile: join(runDir, "mysqld.pid"),
    runAs: { name: USER, uid },
    database: "kuma",
    user: "root",
  };
  const args = [
    `--user=${USER}`,
    `--datadir=${serverDir}`,
    `--socket=${location.socket}`,
    `--pid-file=${location.pidFile}`,
    "--skip-networking",
  ];
  const pids = () => listServers(serverDir).map(({ pid }) => pid);
  const startOwned = async () => {
    const before = pids();
    const program = `require("node:child_process").spawn("mariadbd", ${JSON.stringify(args)}, {stdio: "ignore"})`;
    const owner = spawn(process.execPath, ["-e", program], { stdio: "ignore" });
    const isNew = () => pids().some((pid) => !before.includes(pid)) || undefined;
    await waitFor("a server of its own", isNew, { every: 10 });
    return owner;
  };

  return {
    location,
    startOwned,
    startOrphan: async () => {
      const owner = await startOwned();
      await waitFor("an answer", async () => (await serverAnswers(location.socket)) || undefined, {
        every: 20,
      });
      owner.kill("SIGKILL");
      await once(owner, "exit");
      const [pid = 0] = pids();
      return pid;
    },
    pids,
    sql: async (statement) =>
      (await execa("mariadb", ["--no-defaults", `--socket=${location.socket}`, "-N", "-e", statement]))
        .stdout,
    close: async () => {
      for (const pid of pids()) process.kill(pid, "SIGKILL");
      await waitFor("the end of the servers", () => pids().length === 0 || undefined, {
        every: 10,
      });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
