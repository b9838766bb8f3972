import { steadyNow } from "../clock.ts";
import type { DatabaseProblemCode, DatabaseResult, PlanSummary } from "../database/index.ts";
import type { SnapshotInfo } from "../repository/index.ts";
import { failure, interrupted, type Problem, type Result, success } from "../result.ts";
import type { Snapshot } from "../snapshot/index.ts";
import type { Context } from "./context.ts";
import { fetchSnapshot } from "./fetch.ts";
import { rememberRefused } from "./refused.ts";

/** Problems of an apply that come again with the same snapshot, however often it is tried. */
const IN_THE_SNAPSHOT: ReadonlySet<string> = new Set<DatabaseProblemCode>([
  "snapshot-inconsistent",
  "version-mismatch",
  "schema-unknown",
]);

/** Which snapshot is applied, for the record and for what is told. */
export type Applied = Pick<SnapshotInfo, "id" | "contentHash" | "instanceName">;

/** Downloads a snapshot of the repository and brings this instance to it; see `applyContent`. */
export async function applySnapshot(
  context: Context,
  info: SnapshotInfo,
  signal: AbortSignal,
): Promise<Result<void>> {
  const snapshot = await fetchSnapshot(context, info, signal);
  return snapshot.ok ? applyContent(context, snapshot.value, info, signal) : snapshot;
}

/**
 * Brings this instance to a snapshot. All that can fail without touching Kuma comes first, while it runs; a plan that
 * changes nothing ends there. Then Kuma is stopped, the database changed in one transaction, and Kuma started; when it
 * does not come up with the new configuration, that is undone and the snapshot refused.
 * @param signal a shutdown: work that has not touched the database yet ends at once
 */
export async function applyContent(
  context: Context,
  snapshot: Snapshot,
  info: Applied,
  signal: AbortSignal,
): Promise<Result<void>> {
  const { database, kuma, emit } = context;
  const ids = { snapshotId: info.id, contentHash: info.contentHash };

  const plan = await database.plan(snapshot);
  if (!plan.ok) return plan;
  if (plan.value.empty) {
    const marked = await database.markApplied(ids);
    if (marked.ok) reportApplied(plan.value, 0);
    return marked;
  }
  if (signal.aborted) return failure(interrupted("Applying the snapshot"));

  const wasRunning = kuma.state.name !== "stopped";
  const stoppedAt = steadyNow();
  await kuma.stop("apply");
  if (signal.aborted) return failure(interrupted("Applying the snapshot"));
  const applied: DatabaseResult<PlanSummary> = await database.apply(snapshot, ids);
  if (!applied.ok) {
    kuma.start();
    // The snapshot's own fault would stop Kuma in vain in each cycle to come; a full disk may pass.
    return IN_THE_SNAPSHOT.has(applied.problem.code) ? refuse(context, info, applied.problem) : applied;
  }
  const verified = await startVerified(context, info, signal);
  if (!verified.ok || verified.value === "undone") return verified.ok ? success(undefined) : verified;
  reportApplied(applied.value, wasRunning ? verified.value.readyAt - stoppedAt : 0);
  return database.confirm();

  function reportApplied(summary: PlanSummary, monitoringGapMs: number): void {
    const { changes, notes } = summary;
    emit({ type: "applied", snapshot: nameOf(info), changes, monitoringGapMs, notes });
  }
}

/**
 * Starts Kuma on an apply that nobody has seen it run with yet, since the process ended in between, and keeps or
 * undoes it.
 */
export async function verifyLastApply(context: Context, signal: AbortSignal): Promise<Result<void>> {
  const last = await context.database.lastApply();
  if (!last.ok) return last;
  if (last.value === undefined || last.value.verified) return success(undefined);
  const { snapshotId, contentHash: hash } = last.value;
  const info = { id: snapshotId, contentHash: hash, instanceName: "the primary" };
  const verified = await startVerified(context, info, signal);
  if (!verified.ok || verified.value === "undone") return verified.ok ? success(undefined) : verified;
  return context.database.confirm();
}

/** Starts Kuma on what was applied; when it does not run with it, undoes that. */
async function startVerified(
  context: Context,
  info: Applied,
  signal: AbortSignal,
): Promise<Result<{ readyAt: number } | "undone">> {
  const verified = await context.kuma.startAndVerify(context.config.verifyWindow, signal);
  if (verified.ok) return verified;
  if (verified.problem.code === "kuma-does-not-run") return undo(context, info, verified.problem);
  // A shutdown or a taken port says nothing about the snapshot: it stays applied, and the next start proves it.
  context.kuma.start();
  return verified;
}

/** Puts the old configuration back, Kuma up on it, and remembers not to try this snapshot again. */
async function undo(context: Context, info: Applied, why: Problem): Promise<Result<"undone">> {
  const { database, kuma } = context;
  await kuma.stop("roll-back");
  const undone = await database.rollBack();
  kuma.start();
  if (!undone.ok) return undone;
  const refused = refuse(context, info, why);
  return refused.ok ? success("undone") : refused;
}

/** Remembers not to try a snapshot again, and tells it; the configuration before it is in place. */
function refuse({ stateFile, emit }: Context, info: Applied, why: Problem): Result<void> {
  const written = rememberRefused(stateFile, info.id, why.message);
  emit({ type: "rolled-back", snapshot: nameOf(info), problem: why });
  return written;
}

function nameOf(info: Applied): Applied {
  return { id: info.id, contentHash: info.contentHash, instanceName: info.instanceName };
}
