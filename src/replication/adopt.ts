import type { Config } from "../config/index.ts";
import type { SnapshotInfo } from "../repository/index.ts";
import { failure, type Problem, type Result, success } from "../result.ts";
import { applyContent } from "./apply.ts";
import type { Context } from "./context.ts";
import { fetchSnapshot } from "./fetch.ts";
import { describeLost, meet, notAdopted } from "./first-contact.ts";
import { isInPlace, rememberApplied } from "./reached.ts";
import { forgetRefused } from "./refused.ts";

/**
 * Applies a snapshot to a database that has no record of ours, unless that would cost somebody a configuration of their
 * own. What it does cost is told once it is in place.
 * @param consent "replace": a person has agreed to what is lost
 */
export async function applyFirst(
  context: Context,
  info: SnapshotInfo,
  signal: AbortSignal,
  consent: Config["adopt"],
): Promise<Result<void>> {
  const snapshot = await fetchSnapshot(context, info, signal);
  if (!snapshot.ok) return snapshot;
  const here = await context.database.read();
  if (!here.ok) return here;
  const { kind, lost } = meet(here.value, snapshot.value.content);
  if (kind === "stranger" && consent === "ask") return failure(notAdopted(info, lost));
  const applied = await applyContent(context, snapshot.value, info, signal);
  if (!applied.ok || lost.length === 0) return applied;
  const inPlace = await isInPlace(context, info);
  if (inPlace.ok && inPlace.value) {
    const { id, contentHash, instanceName } = info;
    context.emit({
      type: "replaced",
      snapshot: { id, contentHash, instanceName },
      lost: describeLost(lost),
    });
  }
  return applied;
}

/**
 * Has a replica take a snapshot in place of a configuration of its own, because a person who was shown what goes has
 * asked for it.
 * @returns one sentence on how things are now
 */
export async function adopt(
  context: Context,
  info: SnapshotInfo,
  signal: AbortSignal,
): Promise<Result<string>> {
  if (context.role.current === "primary") return failure(IS_PRIMARY);
  const last = await context.database.lastApply();
  if (!last.ok) return last;
  if (last.value !== undefined) return success(NOTHING_TO_ADOPT);
  // Perhaps this very one was undone before: now it is wanted.
  const cleared = forgetRefused(context.stateFile);
  if (!cleared.ok) return cleared;
  const applied = await applyFirst(context, info, signal, "replace");
  if (!applied.ok) return applied;
  const remembered = await rememberApplied(context, info);
  return remembered.ok ? success("This instance follows the primary from now on.") : remembered;
}

export const NOTHING_TO_ADOPT = "This instance follows the primary already: there is nothing to adopt.";

export const IS_PRIMARY: Problem = {
  code: "is-primary",
  message: "This instance is the primary: it publishes what it has, and takes over nothing.",
  advice: "`replicator-kuma demote` makes it a replica; `restore` goes back to a snapshot.",
};
