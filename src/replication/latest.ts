import type { Repository, SnapshotInfo } from "../repository/index.ts";
import { type Result, success } from "../result.ts";

/** The newest snapshot of ours in the repository, or undefined when there is none yet. */
export async function findLatest(
  repository: Repository,
  signal: AbortSignal,
): Promise<Result<SnapshotInfo | undefined>> {
  const listed = await repository.list(signal);
  return listed.ok ? success(listed.value.at(-1)) : listed;
}
