import { decodeUtf8 } from "../parse.ts";
import { success } from "../result.ts";
import { commands, type Limits, retryLock } from "./commands.ts";
import { mayUnlock } from "./locks.ts";
import type { OwnLocks } from "./own-locks.ts";
import type { Restic, ResticOutput, ResticRun } from "./restic.ts";
import type { RepositoryResult } from "./types.ts";

/** What an installed restic can do. */
export interface Version {
  /** `--retry-lock`, from 0.16 on. */
  readonly canRetryLock: boolean;
}

/** What a command that writes to the repository needs. */
export interface Writing {
  readonly restic: Restic;
  readonly version: (signal: AbortSignal) => Promise<RepositoryResult<Version>>;
  readonly limits: Limits;
  readonly ownLocks: OwnLocks;
}

/**
 * Runs a command that takes a lock; once more when there was one in its way. A lock of ours whose restic is dead is
 * removed before that; for any other the second attempt waits, where restic can (from 0.16 on). The first one does not
 * wait: it would wait for the dead just as long.
 */
export async function writeLocked(
  { restic, version, limits, ownLocks }: Writing,
  run: ResticRun,
): Promise<RepositoryResult<ResticOutput>> {
  const done = await runNoted(restic, ownLocks, run);
  if (done.ok || done.problem.code !== "repository-locked") return done;
  const asking = { restic, limit: limits.unlock, signal: run.signal };
  const harmless = await mayUnlock(asking, ownLocks);
  if (!harmless.ok && harmless.problem.code === "interrupted") return harmless;
  const isUnlocked = harmless.ok && harmless.value;
  // What remains locked, the second attempt tells.
  if (isUnlocked) await restic({ args: commands.unlock(), limit: limits.unlock, signal: run.signal });
  const found = await version(run.signal);
  if (!found.ok) return found;
  const { canRetryLock } = found.value;
  if (!canRetryLock && !isUnlocked) return done;
  const patience = canRetryLock ? [retryLock(limits.lock)] : [];
  return runNoted(restic, ownLocks, { ...run, args: [...run.args, ...patience] });
}

/** Runs it with a note of whose lock it is, for as long as the lock may be there. */
async function runNoted(
  restic: Restic,
  ownLocks: OwnLocks,
  run: ResticRun,
): Promise<RepositoryResult<ResticOutput>> {
  let ended: ((isClean: boolean) => void) | undefined;
  const done = await restic({
    ...run,
    noteLocker: (pid) => {
      ended = ownLocks.began(pid);
    },
  });
  // Where it found another's lock it has left none.
  ended?.(done.ok || done.problem.code === "repository-locked");
  return done;
}

/**
 * Asks restic for its version, once: an answer is remembered, a failure is not.
 * @param limit milliseconds
 */
export function createVersionLookup(
  restic: Restic,
  limit: number,
): (signal: AbortSignal) => Promise<RepositoryResult<Version>> {
  let known: Version | undefined;
  return async (signal) => {
    if (known !== undefined) return success(known);
    const answer = await restic({ args: commands.version(), limit, signal });
    if (!answer.ok) return answer;
    known = parseVersion(decodeUtf8(answer.value.stdout));
    return success(known);
  };
}

/** Reads "restic 0.14.0 compiled with …"; a version that cannot be read counts as an old one. */
export function parseVersion(text: string): Version {
  const [, major = 0, minor = 0] = (/^restic (\d+)\.(\d+)/.exec(text) ?? []).map(Number);
  return { canRetryLock: major > 0 || minor >= 16 };
}
