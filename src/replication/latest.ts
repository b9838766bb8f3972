import type { Repository, SnapshotInfo } from "../repository/index.ts";
import { type Result, success } from "../result.ts";

/** The newest snapshot of ours in the repository, or undefined when there is none yet. */
export async function findLatest(
  repository: Repository,
  signal: AbortSignal,
): Promise<Result<SnapshotInfo | undefined>> {
  const listed = await repository.list(signal);
  return listed.ok ? success(chooseLatest(listed.value)) : listed;
}

/**
 * The end of the chain of parents; where there are several ends, the one with the latest time. Time alone would not do:
 * a primary whose clock was set back publishes snapshots that look older than those before them.
 * @param snapshots by time, oldest first
 */
export function chooseLatest(snapshots: readonly SnapshotInfo[]): SnapshotInfo | undefined {
  const parents = new Set(snapshots.map(({ parent }) => parent));
  return snapshots.findLast(({ id }) => !parents.has(id));
}
