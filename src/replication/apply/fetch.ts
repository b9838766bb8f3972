import type { DatabaseWorker } from "../../database/index.ts";
import type { Repository, SnapshotInfo } from "../../repository/index.ts";
import type { Result } from "../../result.ts";
import { mismatch } from "../../snapshot/index.ts";
import type { Applier, Outcome } from "./applier.ts";

/** Where snapshots come from, and what decodes and verifies one. */
export interface SnapshotSource<Loaded extends { readonly contentHash: string }> {
  readonly repository: Pick<Repository, "download">;
  readonly load: (bytes: Uint8Array) => Promise<Result<Loaded>>;
}

/**
 * Downloads a snapshot and verifies that it is whole: its own end mark and checksum, and that it holds the content that
 * its tag names. A problem for which `isSnapshotDefect` holds means that what is stored is bad.
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
  return mismatch(info.id);
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
