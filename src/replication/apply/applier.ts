import { setTimeout as sleep } from "node:timers/promises";
import { steadyNow } from "../../clock.ts";
import type {
  DatabaseProblemCode,
  DatabaseWorker,
  LoadedSnapshot,
  PlanSummary,
} from "../../database/index.ts";
import type { Listener, SnapshotName } from "../../events/index.ts";
import type { Supervisor } from "../../kuma/index.ts";
import { failure, interrupted, type Problem, type Result, success } from "../../result.ts";
import { rememberRefused } from "../state/refused.ts";
import type { StateFile } from "../state/state-file.ts";

/** What an applier works on. */
interface Parts {
  readonly database: DatabaseWorker;
  readonly kuma: Pick<Supervisor, "state" | "start" | "stop" | "startAndVerify">;
  readonly stateFile: StateFile;
  /** How long Kuma must live with what was applied, once it is ready; milliseconds. */
  readonly verifyWindow: number;
  readonly emit: Listener;
}

/** "applied": it is in place, and Kuma was seen running with it. "refused": it is not, and what was before it is. */
export type Outcome = "applied" | "refused";

/** Brings this instance's Kuma to a snapshot, and sees to it that Kuma runs with that, or with what was before. */
export interface Applier {
  /**
   * Brings this instance to a snapshot. All that can fail without touching Kuma comes first, while it runs; a plan that
   * changes nothing ends there. Then Kuma is stopped, the database changed in one transaction, and Kuma started; when
   * it does not come up with the new configuration, that is undone and the snapshot refused.
   * @param signal a shutdown: work that has not touched the database yet ends at once
   */
  apply(snapshot: LoadedSnapshot, name: SnapshotName, signal: AbortSignal): Promise<Result<Outcome>>;
  /**
   * Starts Kuma on an apply that nobody has seen it run with yet, since the process ended in between, and keeps or
   * undoes it.
   */
  verifyLast(signal: AbortSignal): Promise<Result<void>>;
  /**
   * Verifies an apply that no start could verify: the process had ended before, and then Kuma had to come first, to
   * migrate its database after an update of the image; or its port was taken. Kuma runs with it by now: once it has
   * gone on doing so for the usual time, that counts. When it does not, nothing is decided here: if it cannot run at
   * all, the next start undoes the apply.
   */
  verifyLate(signal: AbortSignal): Promise<Result<void>>;
  /** The history of a removed monitor may be millions of rows: what an apply left is dropped bit by bit. */
  dropStaleHistory(): Promise<Result<void>>;
}

export function createApplier({ database, kuma, stateFile, verifyWindow, emit }: Parts): Applier {
  return {
    apply,
    verifyLast: async (signal) => {
      const last = await database.lastApply();
      if (!last.ok) return last;
      if (last.value === undefined || last.value.verified) return success(undefined);
      const { snapshotId, contentHash } = last.value;
      const name = { id: snapshotId, contentHash, instanceName: "the primary" };
      const verified = await startVerified(name, signal);
      if (!verified.ok) return verified;
      return verified.value === "refused" ? success(undefined) : database.confirm();
    },
    verifyLate: async (signal) => {
      const last = await database.lastApply();
      if (!last.ok) return last;
      const before = kuma.state;
      if (last.value === undefined || last.value.verified || before.name !== "ready")
        return success(undefined);
      await sleep(verifyWindow, undefined, { signal }).catch(() => undefined);
      const now = kuma.state;
      const isSameProcess = now.name === "ready" && now.pid === before.pid;
      return isSameProcess && !signal.aborted ? database.confirm() : success(undefined);
    },
    dropStaleHistory: async () => {
      const last = await database.lastApply();
      if (!last.ok) return last;
      return last.value?.verified && last.value.hasStaleHistory ? database.confirm() : success(undefined);
    },
  };

  async function apply(
    snapshot: LoadedSnapshot,
    name: SnapshotName,
    signal: AbortSignal,
  ): Promise<Result<Outcome>> {
    const ids = { snapshotId: name.id, contentHash: name.contentHash };
    const plan = await database.plan(snapshot);
    if (!plan.ok) return plan;
    if (plan.value.empty) {
      const marked = await database.markApplied(snapshot, ids);
      if (marked.ok) emitApplied(name, plan.value, 0);
      return marked.ok ? success("applied") : marked;
    }
    return signal.aborted ? failure(interrupted(APPLYING)) : replace(snapshot, name, signal);
  }

  /** Stops Kuma, changes its database, and starts it again. */
  async function replace(
    snapshot: LoadedSnapshot,
    name: SnapshotName,
    signal: AbortSignal,
  ): Promise<Result<Outcome>> {
    const ids = { snapshotId: name.id, contentHash: name.contentHash };
    const wasRunning = kuma.state.name !== "stopped";
    const stoppedAt = steadyNow();
    await kuma.stop("apply");
    if (signal.aborted) return failure(interrupted(APPLYING));
    const applied = await database.apply(snapshot, ids);
    if (!applied.ok) {
      kuma.start();
      // The snapshot's own fault would stop Kuma in vain in each cycle to come; a full disk may pass.
      return FAULTS_OF_SNAPSHOTS.has(applied.problem.code) ? refuse(name, applied.problem) : applied;
    }
    const verified = await startVerified(name, signal);
    if (!verified.ok) return verified;
    if (verified.value === "refused") return success("refused");
    emitApplied(name, applied.value, wasRunning ? verified.value.readyAt - stoppedAt : 0);
    const confirmed = await database.confirm();
    return confirmed.ok ? success("applied") : confirmed;
  }

  function emitApplied(
    snapshot: SnapshotName,
    { changes, notes }: PlanSummary,
    monitoringGapMs: number,
  ): void {
    emit({ type: "applied", snapshot: nameOnly(snapshot), changes, monitoringGapMs, notes });
  }

  /** Starts Kuma on what was applied; when it does not run with it, undoes that. */
  async function startVerified(
    name: SnapshotName,
    signal: AbortSignal,
  ): Promise<Result<{ readyAt: number } | "refused">> {
    const verified = await kuma.startAndVerify(verifyWindow, signal);
    if (verified.ok) return verified;
    if (verified.problem.code === "kuma-does-not-run") return undo(name, verified.problem);
    // A shutdown or a taken port says nothing about the snapshot: it stays applied, and the next start verifies it.
    kuma.start();
    return verified;
  }

  /** Puts the old configuration back, Kuma up on it, and remembers not to try this snapshot again. */
  async function undo(name: SnapshotName, why: Problem): Promise<Result<"refused">> {
    await kuma.stop("roll-back");
    const undone = await database.rollBack();
    kuma.start();
    return undone.ok ? refuse(name, why) : undone;
  }

  /** Remembers and reports that a snapshot is not tried again; the configuration before it is in place. */
  function refuse(name: SnapshotName, why: Problem): Result<"refused"> {
    const written = rememberRefused(stateFile, name.id, why.message);
    emit({ type: "rolled-back", snapshot: nameOnly(name), problem: why });
    return written.ok ? success("refused") : written;
  }
}

const APPLYING = "Applying the snapshot";

/** Problems of an apply that come again with the same snapshot, however often it is tried. */
const FAULTS_OF_SNAPSHOTS: ReadonlySet<string> = new Set<DatabaseProblemCode>([
  "snapshot-inconsistent",
  "version-mismatch",
  "schema-unknown",
]);

/** Without what else is known of a snapshot: events go to the JSON log as they are. */
function nameOnly({ id, contentHash, instanceName }: SnapshotName): SnapshotName {
  return { id, contentHash, instanceName };
}
