import { join } from "node:path";
import type { Config } from "../config/index.ts";
import { openKumaDatabase } from "../database/index.ts";
import type { Listener } from "../events/index.ts";
import type { Supervisor } from "../kuma/index.ts";
import { openRepository } from "../repository/index.ts";
import { type Result, success } from "../result.ts";
import { boot } from "./boot.ts";
import { confirmLate } from "./confirm-late.ts";
import type { Context } from "./context.ts";
import { createCycles } from "./cycles.ts";
import { headOf, type ReplicationStatus, replicationStatus } from "./facts.ts";
import { follow } from "./follow.ts";
import { createMutex } from "./mutex.ts";
import { createOperatorCommands, type OperatorCommands } from "./operator-commands.ts";
import { createPublisher } from "./publish.ts";
import { createRetention } from "./retention.ts";
import { openRole } from "./role.ts";
import { openStateFile } from "./state.ts";

export interface Replicator {
  /** Brings Kuma up and replicates until the signal aborts. Never rejects; Kuma's end is the caller's to see to. */
  run(signal: AbortSignal): Promise<void>;
  /** Publishes or looks for a snapshot at once. */
  syncNow(): void;
  /** restic's id of the snapshot that this instance stands on, published or applied; undefined before the first. */
  head(): Promise<string | undefined>;
  /** What people may ask for while it runs. */
  readonly commands: OperatorCommands;
  /** How replication stands, without asking the repository. */
  status(): Promise<ReplicationStatus>;
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
  const role = openRole(config.role, stateFile);
  if (role.current !== config.role)
    emit({ type: "role-changed", role: role.current, interval: config.intervals[role.current] });

  const context: Context = {
    config,
    kumaVersion,
    kuma,
    database: openKumaDatabase({
      locate: () => success({ engine: "sqlite", file: databaseFile }),
      uploadDir: join(config.kuma.dataDir, "upload"),
      kumaVersion,
      timeZone: config.kuma.timeZone,
    }),
    repository: openRepository(config.restic, {
      instanceName: config.instanceName,
      stateDir: config.stateDir,
    }),
    stateFile,
    role,
    emit,
  };
  /** A restart brings a replica back to the latest snapshot, whatever was changed by hand. */
  let reapply = true;
  const publisher = createPublisher(context);
  const retention = createRetention(context);
  const runExclusive = createMutex();
  const cycles = createCycles(
    (signal) => runExclusive(() => cycle(signal, { checkRepository: false, accept: false })),
    () => config.intervals[role.current],
    kuma,
    emit,
  );

  return {
    run: async (signal) => {
      reapply = !(await runExclusive(() => boot(context, databaseFile, cycles.reportResult, signal)));
      await cycles.run(signal);
      await runExclusive(() => retention.end());
    },
    syncNow: cycles.wake,
    head: async () => headOf(await replicationStatus(context, cycles)),
    commands: createOperatorCommands(
      context,
      runExclusive,
      publisher,
      (signal, { accept } = { accept: false }) => cycle(signal, { checkRepository: true, accept }),
    ),
    status: () => replicationStatus(context, cycles),
  };

  async function cycle(
    signal: AbortSignal,
    options: { checkRepository: boolean; accept: boolean },
  ): Promise<Result<void>> {
    await retention.end();
    const proven = await confirmLate(context, signal);
    if (!proven.ok) return proven;
    const done = await (role.current === "primary"
      ? publisher.publish(signal, options)
      : followLatest(signal, options));
    if (!done.ok) return done;
    if (role.current === "primary") retention.begin(signal);
    return dropStaleHistory();
  }

  /** The history of a removed monitor may be millions of rows: what an apply left is dropped bit by bit. */
  async function dropStaleHistory(): Promise<Result<void>> {
    const last = await context.database.lastApply();
    if (!last.ok) return last;
    return last.value?.verified && last.value.hasStaleHistory
      ? await context.database.confirm()
      : success(undefined);
  }

  async function followLatest(signal: AbortSignal, { accept }: { accept: boolean }): Promise<Result<void>> {
    const followed = await follow(context, { reapply, accept }, signal);
    if (followed.ok) reapply = false;
    return followed;
  }
}
