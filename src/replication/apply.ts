import type { DatabaseResult, PlanSummary } from "../database/index.ts";
import type { SnapshotInfo } from "../repository/index.ts";
import { failure, type Problem, type Result, success } from "../result.ts";
import type { Context } from "./context.ts";
import { fetchSnapshot } from "./fetch.ts";

/**
 * Brings this instance to a snapshot. All that can fail without touching Kuma comes first, while it runs; a plan that
 * changes nothing ends there. Then Kuma is stopped, the database changed in one transaction, and Kuma started; when it
 * does not come up with the new configuration, that is undone and the snapshot refused.
 * @param signal a shutdown: work that has not touched the database yet ends at once
 */
export async function applySnapshot(
  context: Context,
  info: SnapshotInfo,
  signal: AbortSignal,
): Promise<Result<void>> {
  const { database, kuma, emit } = context;
  const ids = { snapshotId: info.id, contentHash: info.contentHash };

  const snapshot = await fetchSnapshot(context, info, signal);
  if (!snapshot.ok) return snapshot;
  const plan = database.plan(snapshot.value);
  if (!plan.ok) return plan;
  if (plan.value.empty) {
    const marked = database.markApplied(ids);
    if (marked.ok) reportApplied(plan.value, 0);
    return marked;
  }
  if (signal.aborted) return failure(interrupted);

  const wasRunning = kuma.state.name !== "stopped";
  const stoppedAt = Date.now();
  await kuma.stop("apply");
  if (signal.aborted) return failure(interrupted);
  const applied: DatabaseResult<PlanSummary> = database.apply(snapshot.value, ids);
  if (!applied.ok) {
    kuma.start();
    return applied;
  }
  const proof = await kuma.trial(context.config.proofWindow, signal);
  if (!proof.ok) return proof.problem.code === "interrupted" ? proof : undo(context, info, proof.problem);
  reportApplied(applied.value, wasRunning ? proof.value.readyAt - stoppedAt : 0);
  return database.confirm();

  function reportApplied(summary: PlanSummary, blindMs: number): void {
    const { changes, notes } = summary;
    emit({ type: "applied", snapshot: nameOf(info), changes, blindMs, notes });
  }
}

/**
 * Starts Kuma on an apply that nobody has seen it run with yet, since the process ended in between, and keeps or
 * undoes it.
 */
export async function proveLastApply(context: Context, signal: AbortSignal): Promise<Result<void>> {
  const last = context.database.lastApply();
  if (!last.ok) return last;
  if (last.value === undefined || last.value.proven) return success(undefined);
  const proof = await context.kuma.trial(context.config.proofWindow, signal);
  if (proof.ok) return context.database.confirm();
  if (proof.problem.code === "interrupted") return proof;
  const { snapshotId, contentHash: hash } = last.value;
  return undo(context, { id: snapshotId, contentHash: hash, instanceName: "the primary" }, proof.problem);
}

/** Puts the old configuration back, Kuma up on it, and remembers not to try this snapshot again. */
async function undo(
  context: Context,
  info: Pick<SnapshotInfo, "id" | "contentHash" | "instanceName">,
  why: Problem,
): Promise<Result<void>> {
  const { database, kuma, stateFile, emit } = context;
  await kuma.stop("roll-back");
  const undone = database.rollBack();
  kuma.start();
  if (!undone.ok) return undone;
  const refused = { snapshotId: info.id, reason: why.message, at: Date.now() };
  const written = stateFile.update({ refused: [...(stateFile.state.refused ?? []), refused] });
  emit({ type: "rolled-back", snapshot: nameOf(info), problem: why });
  return written;
}

function nameOf(info: Pick<SnapshotInfo, "id" | "contentHash" | "instanceName">) {
  return { id: info.id, contentHash: info.contentHash, instanceName: info.instanceName };
}

const interrupted: Problem = {
  code: "interrupted",
  message: "A shutdown came before the snapshot was applied.",
  advice: "Nothing to do: the next start applies it.",
};
