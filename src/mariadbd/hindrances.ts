import { accessSync, constants, existsSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { EmbeddedMariaDbLocation } from "../database/index.ts";
import { isPortTaken } from "../kuma/probe.ts";
import type { Problem } from "../result.ts";
import { ADVICE, inUse } from "./problems.ts";
import { listServers } from "./processes.ts";

/** MariaDB's own default; Debian's configuration, which Kuma's image has, leaves it. */
const DEFAULT_PORT = "3306";

/**
 * What will keep Kuma's embedded MariaDB from starting. Kuma starts it again and again then, without end, and is silent
 * meanwhile. To be asked before Kuma starts, when no server of ours runs.
 * @param env what Kuma's process sees, and its server
 */
export async function findHindrances(
  { serverDir, runAs }: EmbeddedMariaDbLocation,
  env: Readonly<Record<string, string>>,
): Promise<Problem[]> {
  const [owned] = listServers(serverDir);
  return [
    ...(hasProgram("mariadbd", env.PATH ?? "") ? [] : [missing]),
    ...(owned === undefined ? [] : [inUse(owned.pid, serverDir)]),
    ...wrongOwner(serverDir, runAs),
    // The server that is there has the port.
    ...(owned === undefined ? await takenPort(env.MYSQL_TCP_PORT || DEFAULT_PORT) : []),
  ];
}

const missing: Problem = {
  code: "database-unreachable",
  message: "Uptime Kuma is set to its embedded MariaDB, but there is no program mariadbd here.",
  advice: ADVICE.missing,
};

/** Kuma gives the folder itself to the server's user, but not what is in it. */
function wrongOwner(serverDir: string, runAs: EmbeddedMariaDbLocation["runAs"]): Problem[] {
  const file = join(serverDir, "ibdata1");
  const needed = process.getuid?.() === 0 ? runAs.uid : process.getuid?.();
  if (needed === undefined || !existsSync(file)) return [];
  const { uid } = statSync(file);
  if (uid === needed) return [];
  return [
    {
      code: "database-unreachable",
      message: `The files in ${serverDir} belong to user ${uid}, and Uptime Kuma's embedded MariaDB runs as user ${needed}.`,
      advice: `Stop the container and run chown -R ${needed} on that folder.`,
    },
  ];
}

async function takenPort(port: string): Promise<Problem[]> {
  // What is no port MariaDB itself refuses, and says so.
  const isPort = /^\d{1,5}$/.test(port) && Number(port) <= 65_535;
  if (!isPort || !(await isPortTaken(`http://127.0.0.1:${port}`))) return [];
  return [
    {
      code: "database-unreachable",
      message: `Something else listens on 127.0.0.1:${port}, where Uptime Kuma's embedded MariaDB would: it will not start.`,
      advice: "Stop the other one, or set MYSQL_TCP_PORT to a free port; nothing connects to that one.",
    },
  ];
}

function hasProgram(name: string, path: string): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
