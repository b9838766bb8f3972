import { shortId } from "../../format.ts";
import { isSameSnapshot, type SnapshotInfo } from "../../repository/index.ts";
import { failure, type Result } from "../../result.ts";
import type { State, StateFile } from "../state/state-file.ts";

/** How far along the chain this instance has come, by what it published or applied. */
export type Reached = NonNullable<State["reached"]>;

/** What is remembered; else what is known from the repository of the snapshots that this instance knows. */
export function findReached(
  { reached }: State,
  snapshots: readonly SnapshotInfo[],
  known: readonly string[],
): Reached | undefined {
  if (reached !== undefined) return reached;
  const furthest = snapshots.findLast(({ id }) => known.some((each) => isSameSnapshot(each, id)));
  return furthest && toReached(furthest);
}

/**
 * Remembers that this instance stands on a snapshot now.
 * @returns the problem "state-not-writable"
 */
export function rememberReached(stateFile: StateFile, info: SnapshotInfo): Result<void> {
  return stateFile.update({ reached: toReached(info) });
}

/** A snapshot that this instance stands on. */
interface Head {
  readonly snapshotId: string;
  readonly contentHash: string;
}

/**
 * The snapshot that this instance stands on: of what it published and what it applied last, the one that it reached
 * last along the chain, for times say little where a clock was set. Where it is neither, since what was reached is
 * undone by now, time has to do.
 */
export function findHead(
  { published, reached }: State,
  applied: (Head & { readonly appliedAt: number }) | undefined,
): Head | undefined {
  const isReached = (id: string) => reached !== undefined && isSameSnapshot(id, reached.snapshotId);
  const furthest = [published, applied].find((each) => each !== undefined && isReached(each.snapshotId));
  const later = (published?.at ?? 0) >= (applied?.appliedAt ?? 0) ? published : applied;
  return furthest ?? later;
}

/**
 * Whether a snapshot comes before what this instance has reached, so that taking it would go backwards along the chain:
 * the repository was put back from a copy, or lost what came after. A generation that was made out by time may come out
 * otherwise later, so there the time counts.
 * @param snapshots all of the repository
 */
export function isBehind(
  info: SnapshotInfo,
  snapshots: readonly SnapshotInfo[],
  reached: Reached | undefined,
): boolean {
  if (reached === undefined || follows(info, snapshots, reached.snapshotId)) return false;
  return info.isGuessed || reached.generation === undefined
    ? info.time < reached.time
    : info.generation < reached.generation;
}

/** Why a latest snapshot is not applied: this instance would go back. */
export function refuseToGoBack(latest: SnapshotInfo, reached: Reached): Result<never> {
  const short = (id: string) => `snapshot ${shortId(id)}`;
  const place = (generation: number | undefined) =>
    generation === undefined ? "" : ` (number ${generation} of the chain)`;
  const its = place(latest.isGuessed ? undefined : latest.generation);
  return failure({
    code: "repository-went-back",
    message: `Not applied: the repository's latest ${short(latest.id)}${its}, of ${new Date(latest.time).toISOString()}, comes before ${short(reached.snapshotId)}${place(reached.generation)}, which this instance has had. The repository was put back from a copy, or has lost snapshots.`,
    advice:
      "Check whether the repository is whole (`restic check`). Once the primary publishes again, its snapshot is applied by itself. To go back to this one on purpose: `replicator-kuma sync --retry` here.",
  });
}

/** The form in which it is remembered. */
export function toReached({ id, generation, isGuessed, time }: SnapshotInfo): Reached {
  return { snapshotId: id, time, ...(isGuessed ? {} : { generation }) };
}

/** Whether a snapshot is the one with that id or has it among its ancestors, as far as the repository has them. */
function follows(info: SnapshotInfo, snapshots: readonly SnapshotInfo[], id: string): boolean {
  const seen = new Set<SnapshotInfo>();
  for (let at: SnapshotInfo | undefined = info; at !== undefined && !seen.has(at); ) {
    if (isSameSnapshot(at.id, id)) return true;
    seen.add(at);
    const { parent }: SnapshotInfo = at;
    if (parent !== undefined && isSameSnapshot(parent, id)) return true;
    at = snapshots.find((each) => parent !== undefined && isSameSnapshot(each.id, parent));
  }
  return false;
}
