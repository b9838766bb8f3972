import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import * as z from "zod";

/** Older than this, milliseconds, a lock is dead to restic, whatever became of its owner. */
export const STALE_AFTER = 30 * 60_000;

/** What a lock in the repository says of its owner. */
export interface Lock {
  /** When it was made or last refreshed, milliseconds since 1970. */
  readonly time: number;
  readonly hostname: string;
  readonly pid: number;
}

/**
 * A restic of ours that took a lock and did not end well, or is at work. Times: milliseconds since 1970, as in a lock.
 */
const runShape = z.object({
  pid: z.number(),
  hostname: z.string(),
  from: z.number(),
  /** Unset while it is at work. */
  to: z.number().optional(),
});
type Run = z.infer<typeof runShape>;

/** Knows the locks that our own restic may have left: a pid alone says little, since each container counts its own. */
export interface OwnLocks {
  /** A restic of ours has begun. @returns to be called at its end; `isClean`: it has surely removed its lock */
  began(pid: number): (isClean: boolean) => void;
  /** Whether a lock is one that a restic of ours left which is no more. */
  isLeftByUs(lock: Lock): boolean;
}

/**
 * Reads and keeps `<stateDir>/restic-runs.json`. Without that file, or when it cannot be read or written, no lock
 * counts as ours: one that is then waits to become stale by restic's own rule, as anybody's does.
 * @param stateDir undefined: nothing outlives this process
 */
export function openOwnLocks(stateDir: string | undefined): OwnLocks {
  const path = stateDir === undefined ? undefined : join(stateDir, "restic-runs.json");
  // What was at work when the file was written ended with the process that wrote it.
  let runs: readonly Run[] = readRuns(path).map((run) => ({ ...run, to: run.to ?? Date.now() }));

  return {
    began: (pid) => {
      const run = { pid, hostname: hostname(), from: Date.now() };
      replace(undefined, run);
      return (isClean) => replace(run, isClean ? undefined : { ...run, to: Date.now() });
    },
    isLeftByUs: ({ time, hostname, pid }) =>
      runs.some(
        (run) =>
          run.pid === pid &&
          run.hostname === hostname &&
          run.to !== undefined &&
          run.from <= time &&
          time <= run.to,
      ),
  };

  function replace(old: Run | undefined, run: Run | undefined): void {
    const isWorthKeeping = ({ to }: Run) => to === undefined || Date.now() - to <= STALE_AFTER;
    runs = [...runs.filter((other) => other !== old), ...(run === undefined ? [] : [run])].filter(
      isWorthKeeping,
    );
    if (path !== undefined) writeRuns(path, runs);
  }
}

function readRuns(path: string | undefined): readonly Run[] {
  if (path === undefined) return [];
  try {
    return runShape.array().parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return [];
  }
}

function writeRuns(path: string, runs: readonly Run[]): void {
  try {
    writeFileAtomic.sync(path, `${JSON.stringify(runs)}\n`, { mode: 0o600 });
  } catch {
    // A full disk: what is lost is only that a lock of ours is removed sooner than after half an hour.
  }
}
