import { readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { listProcesses, type ProcessEntry } from "../pid1/index.ts";

/** A MariaDB server that works on a data folder. */
export interface ServerProcess {
  readonly pid: number;
  /**
   * Nobody's: whoever started it is gone, or it is our own child. Else its parent is its owner and lives: a Kuma that
   * takes its end by SIGTERM for the end that was wanted, and never starts it again.
   */
  readonly isOrphan: boolean;
}

/**
 * The living MariaDB servers on a data folder, by their command lines: Kuma names the folder there. Its pid file does
 * not do: it names one of them at most, and one that waits for another's lock is in no file.
 * @param serverDir as Kuma writes it
 */
export function listServers(serverDir: string): ServerProcess[] {
  const processes = listProcesses() ?? new Map<number, ProcessEntry>();
  const heirs = ancestorsOf(process.pid, processes);
  return [...processes.values()]
    .filter(({ pid, isZombie }) => !isZombie && isServerOn(pid, serverDir))
    .map(({ pid, parent }) => ({ pid, isOrphan: heirs.has(parent) }));
}

/** Whether a process is a MariaDB server on this data folder, in this container. */
export function isServerOn(pid: number, serverDir: string): boolean {
  const [program = "", ...args] = readProc(pid, "cmdline").split("\0");
  const isServer = ["mariadbd", "mysqld"].includes(basename(program));
  return isServer && args.includes(`--datadir=${serverDir}`) && isInThisContainer(pid);
}

/** Who inherits what loses its parent: this process, those above it, and PID 1, whose parent is 0. */
function ancestorsOf(pid: number, processes: ReadonlyMap<number, ProcessEntry>): Set<number> {
  const found = new Set([1]);
  for (let next: number | undefined = pid; next !== undefined; next = processes.get(next)?.parent)
    found.add(next);
  return found;
}

/**
 * Containers that share their processes (a Kubernetes pod with shareProcessNamespace) have the same path for another
 * folder each. The mount namespace tells them apart, where it may be read; the control group, where it is theirs.
 */
function isInThisContainer(pid: number): boolean {
  const [own, theirs] = ["self", pid].map(mountNamespace);
  return readProc(pid, "cgroup") === readProc("self", "cgroup") && (theirs === undefined || theirs === own);
}

function mountNamespace(pid: number | "self" | string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return undefined; // of another user, and we are not to look into it
  }
}

function readProc(pid: number | "self", file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return ""; // ended since the listing
  }
}
