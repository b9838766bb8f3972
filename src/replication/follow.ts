import { type Result, success } from "../result.ts";
import { applySnapshot } from "./apply.ts";
import type { Context } from "./context.ts";
import { findLatest } from "./latest.ts";
import { isSameSnapshot } from "./lineage.ts";
import { isRefused } from "./refused.ts";

/**
 * One cycle of a replica: looks for the latest snapshot and applies it when it is not the one applied last.
 * @param again apply it even then: a restart brings back what was changed here by hand
 */
export async function follow(
  context: Context,
  { again }: { again: boolean },
  signal: AbortSignal,
): Promise<Result<void>> {
  const { config, repository, database, stateFile, emit } = context;
  const found = await findLatest(repository, signal);
  if (!found.ok && found.problem.code === "repository-missing" && config.createRepository) {
    emit({ type: "nothing-published-yet", found: "no-repository" });
    return success(undefined);
  }
  if (!found.ok) return found;
  const latest = found.value;
  if (latest === undefined) {
    emit({ type: "nothing-published-yet", found: "no-snapshot" });
    return success(undefined);
  }
  const applied = database.lastApply();
  if (!applied.ok) return applied;
  const isApplied = applied.value !== undefined && isSameSnapshot(applied.value.snapshotId, latest.id);
  emit({ type: "repository-seen", latest, agrees: isApplied });
  if (isRefused(stateFile, latest.id) || (isApplied && !again)) {
    emit({ type: "unchanged", role: "replica" });
    return success(undefined);
  }
  return applySnapshot(context, latest, signal);
}
