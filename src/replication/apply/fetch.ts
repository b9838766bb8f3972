import { shortId } from "../../format.ts";
import type { Repository, SnapshotInfo } from "../../repository/index.ts";
import { failure, type Result } from "../../result.ts";
import { contentHash, decodeSnapshot, type Snapshot } from "../../snapshot/index.ts";
import type { Applier, Outcome } from "./applier.ts";

/**
 * Downloads a snapshot and verifies that it is whole: its own end mark and checksum, and that it holds the content that
 * its tag names. A problem whose code begins with "snapshot-" means that what is stored is bad, not out of reach.
 */
export async function fetchSnapshot(
  repository: Pick<Repository, "download">,
  info: SnapshotInfo,
  signal: AbortSignal,
): Promise<Result<Snapshot>> {
  const downloaded = await repository.download(info.id, signal);
  if (!downloaded.ok) return downloaded;
  const decoded = decodeSnapshot(downloaded.value);
  if (!decoded.ok) return decoded;
  if (contentHash(decoded.value.content) === info.contentHash) return decoded;
  return failure({
    code: "snapshot-mismatch",
    message: `Snapshot ${shortId(info.id)} does not hold the content that its tag names.`,
    advice: "Nothing was changed. Publish again from the primary, and find out who writes to the repository.",
  });
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
