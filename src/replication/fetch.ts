import type { RepositoryProblem, SnapshotInfo } from "../repository/index.ts";
import type { Result } from "../result.ts";
import {
  contentHash,
  decodeSnapshot,
  mismatch,
  type Snapshot,
  type SnapshotProblem,
} from "../snapshot/index.ts";
import type { Context } from "./context.ts";

/**
 * Downloads a snapshot and proves it whole: its own end mark and checksum, and that it holds the content that its tag
 * names. A problem for which `isSnapshotDefect` holds means that what is stored is bad.
 */
export async function fetchSnapshot(
  { repository }: Pick<Context, "repository">,
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
