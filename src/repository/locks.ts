import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { z } from "zod";
import { success } from "../result.ts";
import type { Restic } from "./restic.ts";
import type { RepositoryResult } from "./types.ts";

/** Older than this, milliseconds, by the machine's clock, a lock is dead to restic, whatever became of its owner. */
const STALE_AFTER = 30 * 60_000;

const lockShape = z.object({
  time: z.string().transform((text) => Date.parse(text)),
  hostname: z.string(),
  pid: z.number(),
});

/**
 * Whether `restic unlock` is harmless to the processes here. Of a lock from the last half hour with this machine's
 * hostname it finds out whether the owner lives by sending SIGHUP to its pid (`processExists` in
 * https://github.com/restic/restic/blob/v0.14.0/internal/restic/lock_unix.go; the same in 0.19.1). In a container that
 * was killed and started again the pids come again: that of the dead restic may now be Kuma's, or that of one of its
 * threads, which a signal reaches just so, and Kuma dies of it. No restic of ours is at work when this is asked, so
 * whoever has the pid is a stranger to the lock, or somebody's own restic: then the answer is no, as it is when in doubt.
 * What gets the pid in the second between this and the unlock cannot be known; so soon it is a ping of Kuma's, if any.
 * Where there is no /proc (macOS), there are no containers whose pids come again either, and the answer is yes.
 * @param limit for each call of restic, milliseconds
 */
export async function mayUnlock(
  restic: Restic,
  limit: number,
  signal: AbortSignal,
): Promise<RepositoryResult<boolean>> {
  const listed = await restic({ args: ["list", "locks", "--no-lock"], limit, signal });
  if (!listed.ok) return listed;
  for (const id of decode(listed.value.stdout).match(/^[0-9a-f]{64}$/gm) ?? []) {
    const shown = await restic({ args: ["cat", "lock", id, "--no-lock"], limit, signal });
    // What restic cannot read it passes over when it unlocks, too.
    if (!shown.ok && shown.problem.code === "repository-damaged") continue;
    if (!shown.ok) return shown;
    if (hasNamesake(decode(shown.value.stdout))) return success(false);
  }
  return success(true);
}

/** Whether restic would send a signal to a process here because of this lock. Yes when it is not understood. */
function hasNamesake(json: string): boolean {
  const lock = parse(json);
  if (lock === undefined) return true;
  const isStale = Date.now() - lock.time > STALE_AFTER;
  // Not by a signal of our own. /proc knows the ids of threads as well, though it does not list them.
  return lock.hostname === hostname() && !isStale && existsSync(`/proc/${lock.pid}`);
}

function parse(json: string): z.infer<typeof lockShape> | undefined {
  try {
    return lockShape.parse(JSON.parse(json));
  } catch {
    return undefined;
  }
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
