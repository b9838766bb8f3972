import type { DatabaseWorker } from "../../database/index.ts";
import { shortId } from "../../format.ts";
import type { Repository, SnapshotInfo } from "../../repository/index.ts";
import { failure, type Result } from "../../result.ts";
import type { Applier, Outcome } from "./applier.ts";

/** Where snapshots come from, and what decodes and verifies one. */
export interface SnapshotSource<Loaded extends { readonly contentHash: string }> {
  readonly repository: Pick<Repository, "download">;
  readonly load: (bytes: Uint8Array) => Promise<Result<Loaded>>;
}

/**
 * Downloads a snapshot and verifies that it is whole: its own end mark and checksum, and that it holds the content that
 * its tag names. A problem whose code begins with "snapshot-" means that what is stored is bad, not out of reach.
 */
export async function fetchSnapshot<Loaded extends { readonly contentHash: string }>(
  { repository, load }: SnapshotSource<Loaded>,
  info: SnapshotInfo,
  signal: AbortSignal,
): Promise<Result<Loaded>> {
  const downloaded = await repository.download(info.id, signal);
  if (!downloaded.ok) return downloaded;
  const loaded = await load(downloaded.value);
  if (!loaded.ok || loaded.value.contentHash === info.contentHash) return loaded;
  return failure({
    code: "snapshot-mismatch",
    message: `Snapshot ${shortId(info.id)} does not hold the content that its tag names.`,
    advice: "Nothing was changed. Publish again from the primary, and find out who writes to the repository.",
  });
}

/** Downloads a snapshot of the repository and brings this instance to it; see `Applier`. */
export async function fetchAndApply(
  {
    repository,
    database,
    applier,
  }: {
    readonly repository: Pick<Repository, "download">;
    readonly database: Pick<DatabaseWorker, "load">;
    readonly applier: Pick<Applier, "apply">;
  },
  info: SnapshotInfo,
  signal: AbortSignal,
): Promise<Result<Outcome>> {
  const snapshot = await fetchSnapshot({ repository, load: database.load }, info, signal);
  return snapshot.ok ? applier.apply(snapshot.value, info, signal) : snapshot;
}
