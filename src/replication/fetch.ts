import { shortId } from "../format.ts";
import type { SnapshotInfo } from "../repository/index.ts";
import { failure, type Result } from "../result.ts";
import { contentHash, decodeSnapshot, type Snapshot } from "../snapshot/index.ts";
import type { Context } from "./context.ts";

/**
 * Downloads a snapshot and proves it whole: its own end mark and checksum, and that it holds the content that its tag
 * names. A problem whose code begins with "snapshot-" means that what is stored is bad, not that it was out of reach.
 */
export async function fetchSnapshot(
  { repository }: Pick<Context, "repository">,
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
