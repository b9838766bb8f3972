import { readdirSync, readFileSync } from "node:fs";

export interface ProcessEntry {
  readonly pid: number;
  /** 0 for PID 1, and for what was brought into the container from outside (docker exec). */
  readonly parent: number;
  /** Has ended, and nobody has waited for it yet. */
  readonly isZombie: boolean;
}

/**
 * All processes that /proc shows, by pid. Read straight from /proc because slim images have no `ps`.
 * @returns undefined where there is no /proc (macOS)
 */
export function listProcesses(): Map<number, ProcessEntry> | undefined {
  const processes = new Map<number, ProcessEntry>();
  for (const name of readNames()) {
    if (!/^\d+$/.test(name)) continue;
    const entry = readEntry(Number(name));
    if (entry !== undefined) processes.set(entry.pid, entry);
  }
  return processes.size === 0 ? undefined : processes;
}

/** The pids below `root` at any depth, without `root` itself; parents before their children. */
export function descendantsOf(root: number, processes: ReadonlyMap<number, ProcessEntry>): number[] {
  const childrenOf = new Map<number, number[]>();
  for (const { pid, parent } of processes.values()) {
    childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), pid]);
  }
  const found: number[] = [];
  for (let next = [root]; next.length > 0; ) {
    next = next.flatMap((pid) => childrenOf.get(pid) ?? []);
    found.push(...next);
  }
  return found;
}

/** Sends a signal to a process that may be gone by now; never throws. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone by itself (ESRCH), or another user's (EPERM), for which there is nothing that we could do.
  }
}

function readNames(): string[] {
  try {
    return readdirSync("/proc");
  } catch {
    return [];
  }
}

function readEntry(pid: number): ProcessEntry | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined; // ended since the folder was listed
  }
  // "PID (NAME) STATE PARENT …": a NAME may itself hold spaces and brackets, so count from the last one.
  const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return parent === undefined ? undefined : { pid, parent: Number(parent), isZombie: state === "Z" };
}
