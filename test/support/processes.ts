import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface SeenProcess {
  readonly pid: number;
  readonly zombie: boolean;
  /** Words of the command line; none for a zombie. */
  readonly command: readonly string[];
}

/** What runs on this machine and fits, seen from outside of any namespace. */
function readState(fits: (pid: number) => boolean): SeenProcess[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .flatMap((pid) => {
      try {
        if (!fits(pid)) return [];
        const zombie = /\) Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
        return [{ pid, zombie, command: readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0") }];
      } catch {
        return []; // ended while being looked at
      }
    });
}

/** All in the PID namespace of which `first` is PID 1. */
export function processesAround(first: number): SeenProcess[] {
  const namespace = readlinkSync(`/proc/${first}/ns/pid`);
  return readState((pid) => readlinkSync(`/proc/${pid}/ns/pid`) === namespace);
}

/** All living ones whose home is this folder, in any namespace. */
export function processesOf(folder: string): SeenProcess[] {
  const names = (pid: number) => readFileSync(`/proc/${pid}/environ`, "utf8").includes(`HOME=${folder}\0`);
  return readState((pid) => pid !== process.pid && names(pid)).filter(({ zombie }) => !zombie);
}

/** The only child of a process that has one, once it has one. */
export function childOf(pid: number): number | undefined {
  const [child] = readState((each) => {
    const stat = readFileSync(`/proc/${each}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1] === String(pid);
  });
  return child?.pid;
}

export interface Usage {
  /** CPU time so far, user and system, milliseconds (the kernel counts in steps of 10). */
  readonly cpu: number;
  /** Resident memory, and the share of it that nobody else uses too; bytes. */
  readonly resident: number;
  readonly own: number;
}

export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const sum = (name: RegExp) =>
    [...rollup.matchAll(name)].reduce((bytes, [, kilobytes]) => bytes + Number(kilobytes) * 1024, 0);
  return {
    cpu: (Number(fields[11]) + Number(fields[12])) * 10,
    resident: sum(/^Rss:\s+(\d+)/gm),
    own: sum(/^Private_\w+:\s+(\d+)/gm),
  };
}

/** The most that a process has had resident so far, bytes. */
export function peakMemoryOf(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}
