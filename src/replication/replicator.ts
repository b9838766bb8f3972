import type { Config } from "../config/index.ts";
import type { DatabaseStage, DatabaseWorker } from "../database/index.ts";
import type { Listener } from "../events/index.ts";
import type { Supervisor } from "../kuma/index.ts";
import type { Repository } from "../repository/index.ts";
import { type Result, success } from "../result.ts";
import { createApplier } from "./apply/applier.ts";
import { boot, limitForBoot } from "./boot.ts";
import { createBashReport } from "./chain/bash-primary.ts";
import { createOperatorCommands, type OperatorCommands } from "./commands/operator-commands.ts";
import { type CycleReason, createCycles } from "./cycles.ts";
import { createMutex } from "./mutex.ts";
import { createPublisher } from "./primary/publisher.ts";
import { createRetention } from "./primary/retention.ts";
import { takeOver } from "./primary/take-over.ts";
import { watchEdits } from "./primary/watch-edits.ts";
import { createFollower } from "./replica/follower.ts";
import { createTurn, type OtherReplica } from "./replica/turn.ts";
import type { FingerprintFile } from "./state/fingerprint-file.ts";
import { detectLostRole, type RoleSwitch } from "./state/role.ts";
import type { StateFile } from "./state/state-file.ts";
import { type ReplicationStatus, replicationStatus } from "./status.ts";

/** What replication works with; whoever makes it opens these. */
interface Parts {
  readonly config: Config;
  readonly kumaVersion: string;
  readonly kuma: Supervisor;
  readonly database: DatabaseWorker;
  readonly databaseStage: () => Promise<Result<DatabaseStage>>;
  readonly repository: Repository;
  readonly stateFile: StateFile;
  /** The state file was begun at this start. */
  readonly isStateNew: boolean;
  readonly fingerprintFile: FingerprintFile;
  readonly role: RoleSwitch;
  /** Replicas that are there besides this instance; undefined: nobody knows. */
  readonly others: (() => readonly OtherReplica[]) | undefined;
  readonly emit: Listener;
}

export interface Replicator {
  /** Brings Kuma up and replicates until the signal aborts. Never rejects; Kuma's end is the caller's to see to. */
  run(signal: AbortSignal): Promise<void>;
  /** Publishes or checks for a snapshot at once, because a person asks. */
  syncNow(): void;
  /** A publish was announced: checks for it at once. */
  woken(): void;
  /** An instance has told that it applied something. */
  heardOf(instanceName: string): void;
  /** What people may ask for while it runs. */
  readonly commands: OperatorCommands;
  /** How replication stands, without asking the repository. */
  status(): Promise<ReplicationStatus>;
}

/** The whole of replication for one instance, in the role at work. */
export function createReplicator(parts: Parts): Replicator {
  const { config, kuma, repository, role, emit } = parts;
  const { instanceName, createRepository, takeover, adopt, verifyWindow, keep, intervals } = config;
  const turn = createTurn(parts.stateFile, instanceName, parts.others, emit);
  const applier = createApplier({ ...parts, verifyWindow, way: config.kuma.apply, waitForTurn: turn.wait });
  const reportBash = createBashReport(emit);
  const followerParts = {
    ...{ ...parts, applier, reportBash, createRepository, adopt, instanceName },
    keepsLocal: config.local,
  };
  const follower = createFollower(followerParts);
  const publisher = createPublisher({ ...followerParts, takeover });
  const retention = createRetention({ ...parts, keep });
  const runExclusive = createMutex();
  /** A restart brings a replica back to the latest snapshot, whatever was changed by hand. */
  let reapply = true;
  /** Whether nothing here is this instance's own any more: see `takeOver`. */
  let isAllShared = false;
  const cycles = createCycles(
    (signal) => runExclusive(() => turn.within(() => cycle("scheduled", signal))),
    () => intervals[role.current],
    kuma,
    emit,
  );
  const edits: Parameters<typeof watchEdits>[0] = {
    database: parts.database,
    isQuiet: () => role.current === "primary" && kuma.state.name === "ready" && cycles.nextAt !== undefined,
    published: () => parts.stateFile.state.published?.contentHash,
    onEdit: cycles.wake,
  };
  if (role.current !== config.role) reportRole();

  return {
    run: async (signal) => {
      reapply = !(await runExclusive(() => bootUp(signal)));
      void applier.reportWay(signal);
      // Where replicas are woken, an edit is worth being published at once.
      if (config.wake !== undefined) void watchEdits(edits, signal);
      await cycles.run(signal);
      await runExclusive(() => retention.end());
    },
    syncNow: () => {
      turn.hurryNext();
      cycles.wake();
    },
    woken: () => {
      turn.woken();
      cycles.wake();
    },
    heardOf: turn.heardOf,
    commands: createOperatorCommands({
      ...{ ...parts, cycle, applier, follower, publisher },
      runExclusive: (work) => {
        turn.hurry();
        return runExclusive(work);
      },
      startLimit: config.kuma.limits.startLimit,
      onRoleChange: reportRole,
    }),
    status: () => replicationStatus(parts, cycles.nextAt),
  };

  function reportRole(): void {
    isAllShared = false;
    emit({ type: "role-changed", role: role.current, interval: intervals[role.current] });
  }

  async function bootUp(signal: AbortSignal): Promise<boolean> {
    if (parts.isStateNew) await detectLostRole(parts, role.current, emit);
    const bootFollower = createFollower({ ...followerParts, repository: limitForBoot(repository) });
    const follow =
      role.current === "replica"
        ? () => bootFollower.follow({ reapply: true, acceptLoss: false }, signal)
        : undefined;
    const beforeStart = follow ?? takeOverOnce;
    const prepared = await boot(
      { ...parts, applier, beforeStart, reportResult: cycles.reportResult },
      signal,
    );
    return prepared && follow !== undefined;
  }

  /** For a primary; again after each change of the role. */
  async function takeOverOnce(): Promise<Result<void>> {
    const done = isAllShared ? success(undefined) : await takeOver(parts);
    isAllShared = done.ok;
    return done;
  }

  async function cycle(reason: CycleReason, signal: AbortSignal): Promise<Result<void>> {
    await retention.end();
    const verified = await applier.verifyLate(signal);
    if (!verified.ok) return verified;
    const done = await (role.current === "primary" ? publish(reason, signal) : followLatest(reason, signal));
    if (!done.ok) return done;
    if (role.current === "primary") retention.begin(signal);
    return applier.dropStaleHistory();
  }

  async function publish(reason: CycleReason, signal: AbortSignal): Promise<Result<void>> {
    const taken = await takeOverOnce();
    return taken.ok ? publisher.publish(reason, signal) : taken;
  }

  async function followLatest(reason: CycleReason, signal: AbortSignal): Promise<Result<void>> {
    const followed = await follower.follow({ reapply, acceptLoss: reason === "retry" }, signal);
    if (followed.ok) reapply = false;
    return followed;
  }
}
