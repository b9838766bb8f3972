import { existsSync } from "node:fs";
import { hostname } from "node:os";
import * as z from "zod";
import { decodeUtf8, parseJson } from "../parse.ts";
import { success } from "../result.ts";
import { commands } from "./commands.ts";
import { type Asking, listIds } from "./list.ts";
import { type Lock, type OwnLocks, STALE_AFTER } from "./own-locks.ts";
import type { RepositoryResult } from "./types.ts";

const lockShape = z.object({
  time: z.string().transform((text) => Date.parse(text)),
  hostname: z.string(),
  pid: z.number(),
});

/**
 * Whether `restic unlock` does no harm. It takes no id: it removes every lock that it takes for dead, so one lock that
 * must stay forbids it. Dead to it is (`Stale` in
 * https://github.com/restic/restic/blob/v0.14.0/internal/restic/lock.go; the same in 0.19.1) a lock older than half an
 * hour, whoever made it, and one with this machine's hostname whose pid is not here. But a hostname may be shared while
 * pids are not (`network_mode: host`): that restic may be alive elsewhere, unless it was one of ours.
 *
 * Whether the owner is here it finds out by sending SIGHUP to the pid (`processExists` in
 * https://github.com/restic/restic/blob/v0.14.0/internal/restic/lock_unix.go; the same in 0.19.1). In a container that
 * was killed and started again the pids come again: that of the dead restic may now be Kuma's, or that of one of its
 * threads, which a signal reaches just so, and Kuma dies of it. No restic of ours is at work when this is asked, so
 * whoever has the pid is a stranger to the lock, or somebody's own restic: then the answer is no, as it is when in
 * doubt. What gets the pid in the second between this and the unlock cannot be known; so soon it is a ping of Kuma's,
 * if any.
 */
export async function mayUnlock(
  asking: Asking,
  own: Pick<OwnLocks, "isLeftByUs">,
): Promise<RepositoryResult<boolean>> {
  const { restic, limit, signal } = asking;
  const listed = await listIds(asking, "locks");
  if (!listed.ok) return listed;
  for (const id of listed.value) {
    const shown = await restic({ args: commands.catLock(id), limit, signal });
    // What restic cannot read it passes over when it unlocks, too.
    if (!shown.ok && shown.problem.code === "repository-damaged") continue;
    if (!shown.ok) return shown;
    const lock = parse(decodeUtf8(shown.value.stdout));
    if (lock === undefined || isInNeedOfCare(lock, own)) return success(false);
  }
  return success(true);
}

/** Whether restic, asked to unlock, would signal a process here because of this lock, or remove it in error. */
function isInNeedOfCare(lock: Lock, own: Pick<OwnLocks, "isLeftByUs">): boolean {
  const isOld = Date.now() - lock.time > STALE_AFTER;
  if (lock.hostname !== hostname() || isOld) return false;
  // Not by a signal of our own. /proc knows the ids of threads as well, though it does not list them.
  return existsSync(`/proc/${lock.pid}`) || !own.isLeftByUs(lock);
}

function parse(json: string): Lock | undefined {
  return lockShape.safeParse(parseJson(json)).data;
}
