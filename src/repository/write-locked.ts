import type { Limits } from "./limits.ts";
import { mayUnlock } from "./locks.ts";
import type { Restic, ResticOutput, ResticRun } from "./restic.ts";
import type { RepositoryResult } from "./types.ts";
import type { Version } from "./version.ts";

/** What a command that writes to the repository needs. */
export interface Writing {
  readonly restic: Restic;
  readonly version: (signal: AbortSignal) => Promise<RepositoryResult<Version>>;
  readonly limits: Limits;
}

/** Waits for another restic to finish, where restic can (from 0.16 on). */
const RETRY_LOCK = ["--retry-lock=1m"];

/** Runs a command that takes a lock; once more when the lock in its way was that of a dead restic. */
export async function writeLocked(
  { restic, version, limits }: Writing,
  run: ResticRun,
): Promise<RepositoryResult<ResticOutput>> {
  const found = await version(run.signal);
  if (!found.ok) return found;
  const patient = { ...run, args: [...run.args, ...(found.value.canRetryLock ? RETRY_LOCK : [])] };
  const done = await restic(patient);
  if (done.ok || done.problem.code !== "repository-locked") return done;
  const harmless = await mayUnlock(restic, limits.unlock, run.signal);
  if (!harmless.ok && harmless.problem.code === "interrupted") return harmless;
  if (!harmless.ok || !harmless.value) return done;
  // Removes locks whose restic is dead, and no other; what remains, the second attempt tells.
  await restic({ args: ["unlock"], limit: limits.unlock, signal: run.signal });
  return restic(patient);
}
