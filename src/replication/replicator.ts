import { join } from "node:path";
import type { Config } from "../config/index.ts";
import { openKumaDatabase } from "../database/index.ts";
import type { Listener } from "../events/index.ts";
import type { Supervisor } from "../kuma/index.ts";
import { openRepository } from "../repository/index.ts";
import { type Result, success } from "../result.ts";
import { boot } from "./boot.ts";
import type { Context } from "./context.ts";
import { createCycles } from "./cycles.ts";
import { follow } from "./follow.ts";
import { createPublisher } from "./publish.ts";
import { createRetention } from "./retention.ts";
import { openStateFile } from "./state.ts";

export interface Replicator {
  /** Brings Kuma up and replicates until the signal aborts. Never rejects; Kuma's end is the caller's to see to. */
  run(signal: AbortSignal): Promise<void>;
  /** Publishes or looks for a snapshot at once. */
  syncNow(): void;
  /** restic's id of the snapshot that this instance stands on, published or applied; undefined before the first. */
  head(): string | undefined;
}

/** The whole of replication for one instance, in the role that its configuration gives it. */
export function createReplicator(
  config: Config,
  kumaVersion: string,
  kuma: Supervisor,
  emit: Listener,
): Replicator {
  const databaseFile = join(config.kuma.dataDir, "kuma.db");
  const { file: stateFile, problem } = openStateFile(config.stateDir);
  if (problem !== undefined) emit({ type: "warning", message: `${problem.message} ${problem.advice}` });

  const context: Context = {
    config,
    kumaVersion,
    kuma,
    database: openKumaDatabase({
      file: databaseFile,
      uploadDir: join(config.kuma.dataDir, "upload"),
      kumaVersion,
    }),
    repository: openRepository(config.restic, { instanceName: config.instanceName }),
    stateFile,
    emit,
  };
  /** A restart brings a replica back to the latest snapshot, whatever was changed by hand. */
  let again = true;
  const work = config.role === "primary" ? createPublisher(context) : followLatest;
  const retention = createRetention(context);
  const cycles = createCycles(cycle, config.interval, kuma, emit);

  return {
    run: async (signal) => {
      again = !(await boot(context, databaseFile, cycles.note, signal));
      await cycles.run(signal);
      await retention.end();
    },
    syncNow: cycles.wake,
    head: () => {
      const applied = context.database.lastApply();
      return stateFile.state.published?.snapshotId ?? (applied.ok ? applied.value?.snapshotId : undefined);
    },
  };

  async function cycle(signal: AbortSignal): Promise<Result<void>> {
    await retention.end();
    const done = await work(signal);
    if (!done.ok) return done;
    if (config.role === "primary") retention.begin(signal);
    return dropStaleHistory();
  }

  /** The history of a removed monitor may be millions of rows: what an apply left is dropped bit by bit. */
  function dropStaleHistory(): Result<void> {
    const last = context.database.lastApply();
    if (!last.ok) return last;
    return last.value?.proven && last.value.hasStaleHistory ? context.database.confirm() : success(undefined);
  }

  async function followLatest(signal: AbortSignal): Promise<Result<void>> {
    const followed = await follow(context, { again }, signal);
    if (followed.ok) again = false;
    return followed;
  }
}
