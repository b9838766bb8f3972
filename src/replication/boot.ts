import { setImmediate } from "node:timers/promises";
import type { DatabaseStage, DatabaseWorker } from "../database/index.ts";
import type { Supervisor } from "../kuma/index.ts";
import type { Repository, RepositoryResult } from "../repository/index.ts";
import { failure, type Result, success } from "../result.ts";
import { withinTime } from "../within-time.ts";
import type { Applier } from "./apply/applier.ts";
import { attempt, type Cycles } from "./cycles.ts";

/** How long each call to the repository may hold up the very first start of Kuma, milliseconds. */
const BOOT_REPOSITORY_LIMIT = 15_000;

interface Parts {
  readonly databaseStage: () => Promise<Result<DatabaseStage>>;
  readonly database: Pick<DatabaseWorker, "dropHistory">;
  readonly kuma: Pick<Supervisor, "state" | "start">;
  readonly applier: Pick<Applier, "verifyLast">;
  /** Brings a replica to the latest snapshot, or makes all of a primary's its own. */
  readonly beforeStart: (signal: AbortSignal) => Promise<Result<void>>;
  readonly reportResult: Cycles["reportResult"];
}

/**
 * What comes before Kuma's first start: verifies or undoes an apply that was cut short, and brings a replica to the
 * latest snapshot, so that it starts only once. Whatever fails here, Kuma is running or about to when this resolves;
 * the cycles go on trying.
 * @returns whether `beforeStart` was done
 */
export async function boot(parts: Parts, signal: AbortSignal): Promise<boolean> {
  const { database, kuma, applier, beforeStart, reportResult } = parts;
  const found = await parts.databaseStage();
  if (!found.ok && found.problem.code !== "database-missing") reportResult(found, signal);
  // One that cannot be asked may be there once Kuma or somebody else has started its server.
  const stage = found.ok ? found.value : "absent";
  let isPrepared = false;
  // Without a database Kuma makes its own; one that it is about to migrate is not ours to touch before that.
  if (stage === "to-be-migrated") reportResult(await attempt(() => dropHistory(database, signal)), signal);
  if (stage === "usable") {
    reportResult(await attempt(() => applier.verifyLast(signal)), signal);
    if (kuma.state.name === "stopped" && !signal.aborted) {
      const prepared = await attempt(() => beforeStart(signal));
      reportResult(prepared, signal);
      isPrepared = prepared.ok;
    }
  }
  kuma.start();
  return isPrepared;
}

/** A migration of Kuma must not meet history of monitors that are gone: it breaks on that, for good. */
async function dropHistory(database: Parts["database"], signal: AbortSignal): Promise<Result<void>> {
  while (!signal.aborted) {
    const dropped = await database.dropHistory();
    if (!dropped.ok) return dropped;
    if (dropped.value === "done") break;
    // A signal is heard between two calls.
    await setImmediate();
  }
  return success(undefined);
}

/** A repository whose calls give up soon enough for a boot: Kuma is started with what it has. */
export function limitForBoot(repository: Repository): Repository {
  return {
    ...repository,
    list: (signal) => within(repository.list, signal),
    listAll: (signal) => within(repository.listAll, signal),
    download: (id, signal) => within((shorter) => repository.download(id, shorter), signal),
    downloadBash: (id, signal) => within((shorter) => repository.downloadBash(id, shorter), signal),
  };

  async function within<T>(
    call: (signal: AbortSignal) => Promise<RepositoryResult<T>>,
    signal: AbortSignal,
  ): Promise<RepositoryResult<T>> {
    const result = await withinTime(BOOT_REPOSITORY_LIMIT, signal, call);
    if (result.ok || result.problem.code !== "interrupted" || signal.aborted) return result;
    return failure({
      code: "repository-timeout",
      message: `The repository did not answer within ${BOOT_REPOSITORY_LIMIT / 1000} s, so Kuma is started with what it has.`,
      advice: "Check the network and RESTIC_REPOSITORY; it is asked again once Kuma runs.",
    });
  }
}
