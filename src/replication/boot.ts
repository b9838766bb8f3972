import { existsSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { hasPendingMigrations } from "../database/index.ts";
import type { Repository, RepositoryResult } from "../repository/index.ts";
import { failure, type Result, success } from "../result.ts";
import { withinTime } from "../within-time.ts";
import { verifyLastApply } from "./apply.ts";
import { attempt } from "./attempt.ts";
import type { Context } from "./context.ts";
import { follow } from "./follow.ts";

/** How long each call to the repository may hold up the very first start of Kuma, milliseconds. */
const BOOT_REPOSITORY_LIMIT = 15_000;

/**
 * What comes before Kuma's first start: proves or undoes an apply that was cut short, and brings a replica to the
 * latest snapshot, so that it starts only once. Whatever fails here, Kuma is running or about to when this resolves;
 * the cycles go on trying.
 * @param file Kuma's database
 * @param reportResult is told how each step went, as the cycles' own results are
 * @returns whether a replica now has the latest snapshot
 */
export async function boot(
  context: Context,
  file: string,
  reportResult: (result: Result<void>, signal: AbortSignal) => void,
  signal: AbortSignal,
): Promise<boolean> {
  const { config, kuma, role } = context;
  let caughtUp = false;
  // Without a database Kuma makes its own; one that it is about to migrate is not ours to touch before that.
  const isPending = existsSync(file) && hasPendingMigrations(file, config.kuma.dir);
  if (isPending) reportResult(await attempt(() => dropHistory(context, signal)), signal);
  if (existsSync(file) && !isPending) {
    reportResult(await attempt(() => verifyLastApply(context, signal)), signal);
    if (role.current === "replica" && kuma.state.name === "stopped" && !signal.aborted) {
      const repository = limitTime(context.repository, BOOT_REPOSITORY_LIMIT);
      const followed = await attempt(() =>
        follow({ ...context, repository }, { reapply: true, accept: false }, signal),
      );
      reportResult(followed, signal);
      caughtUp = followed.ok;
    }
  }
  kuma.start();
  return caughtUp;
}

/** A migration of Kuma must not meet history of monitors that are gone: it breaks on that, for good. */
async function dropHistory({ database }: Context, signal: AbortSignal): Promise<Result<void>> {
  while (!signal.aborted) {
    const dropped = await database.dropHistory();
    if (!dropped.ok) return dropped;
    if (dropped.value === "done") break;
    // A signal is heard between two calls.
    await setImmediate();
  }
  return success(undefined);
}

function limitTime(repository: Repository, limit: number): Repository {
  return {
    ...repository,
    list: (signal) => within(repository.list, signal),
    download: (id, signal) => within((shorter) => repository.download(id, shorter), signal),
  };

  async function within<T>(
    call: (signal: AbortSignal) => Promise<RepositoryResult<T>>,
    signal: AbortSignal,
  ): Promise<RepositoryResult<T>> {
    const result = await withinTime(limit, signal, call);
    if (result.ok || result.problem.code !== "interrupted" || signal.aborted) return result;
    return failure({
      code: "repository-timeout",
      message: `The repository did not answer within ${limit / 1000} s, so Kuma is started with what it has.`,
      advice: "Check the network and RESTIC_REPOSITORY; it is asked again once Kuma runs.",
    });
  }
}
