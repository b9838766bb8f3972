import type { Repository, RepositoryProblem, SnapshotInfo } from "../../repository/index.ts";
import type { Result } from "../../result.ts";
import {
  contentHash,
  decodeSnapshot,
  mismatch,
  type Snapshot,
  type SnapshotProblem,
} from "../../snapshot/index.ts";
import type { Applier, Outcome } from "./applier.ts";

/**
 * Downloads a snapshot and verifies that it is whole: its own end mark and checksum, and that it holds the content that
 * its tag names. A problem for which `isSnapshotDefect` holds means that what is stored is bad.
 */
export async function fetchSnapshot(
  repository: Pick<Repository, "download">,
  info: SnapshotInfo,
  signal: AbortSignal,
): Promise<Result<Snapshot, SnapshotProblem | RepositoryProblem>> {
  const downloaded = await repository.download(info.id, signal);
  if (!downloaded.ok) return downloaded;
  const decoded = decodeSnapshot(downloaded.value);
  if (!decoded.ok) return decoded;
  if (contentHash(decoded.value.content) === info.contentHash) return decoded;
  return mismatch(info.id);
}

/** Downloads a snapshot of the repository and brings this instance to it; see `Applier`. */
export async function fetchAndApply(
  { repository, applier }: { repository: Pick<Repository, "download">; applier: Pick<Applier, "apply"> },
  info: SnapshotInfo,
  signal: AbortSignal,
): Promise<Result<Outcome>> {
  const snapshot = await fetchSnapshot(repository, info, signal);
  return snapshot.ok ? applier.apply(snapshot.value, info, signal) : snapshot;
}
