import { type Result, success } from "../result.ts";
import { applyFirst } from "./adopt.ts";
import { applySnapshot } from "./apply.ts";
import type { Context } from "./context.ts";
import { findLatest } from "./latest.ts";
import { isSameSnapshot } from "./lineage.ts";
import { findReached, isBehind, refuseToGoBack, rememberApplied, rememberReached } from "./reached.ts";
import { isRefused } from "./refused.ts";

/**
 * One cycle of a replica: looks for the latest snapshot and applies it when it is not the one applied last.
 * @param reapply apply it even then: a restart brings back what was changed here by hand
 * @param accept also one that comes before what this instance has had; else it never goes backwards along the chain
 */
export async function follow(
  context: Context,
  { reapply, accept }: { reapply: boolean; accept: boolean },
  signal: AbortSignal,
): Promise<Result<void>> {
  const { config, database, stateFile, emit } = context;
  const found = await findLatest(context, { accept: false }, signal);
  if (!found.ok) return found;
  if (found.value.kind !== "snapshot") {
    emit({ type: "nothing-published-yet", found: found.value.kind });
    return success(undefined);
  }
  const { latest, snapshots } = found.value;
  const applied = await database.lastApply();
  if (!applied.ok) return applied;
  const isApplied = applied.value !== undefined && isSameSnapshot(applied.value.snapshotId, latest.id);
  emit({ type: "repository-checked", latest, agrees: isApplied });
  const reached = findReached(stateFile.state, snapshots, found.value.known);
  const goesBack = isBehind(latest, snapshots, reached);
  if (goesBack && !isApplied && !accept && reached) return refuseToGoBack(latest, reached);
  if (isApplied && !goesBack) rememberReached(stateFile, latest);
  if (isRefused(stateFile, latest.id) || (isApplied && !reapply)) {
    emit({ type: "unchanged", role: "replica" });
    return success(undefined);
  }
  const done = await (applied.value === undefined
    ? applyFirst(context, latest, signal, config.adopt)
    : applySnapshot(context, latest, signal));
  return done.ok ? rememberApplied(context, latest) : done;
}
