import { readBashSnapshot } from "../../bash-snapshots/index.ts";
import type { DatabaseWorker } from "../../database/index.ts";
import type { SnapshotName } from "../../events/index.ts";
import type { BashSnapshot, Repository, SnapshotInfo } from "../../repository/index.ts";
import { type Result, success } from "../../result.ts";
import { mismatch } from "../../snapshot/index.ts";
import type { Applier } from "./applier.ts";
import type { Outcome } from "./outcomes.ts";

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

/**
 * The name under which a snapshot of a bash version is applied and remembered, so that it is never taken for one of the
 * chain. @param id restic's
 */
export function bashName(id: string): string {
  return `${BASH_PREFIX}${id}`;
}

const BASH_PREFIX = "bash-";

/** Whether what was applied here is what a bash version published. @param snapshotId of the record of the apply */
export function isOfBash(snapshotId: string | undefined): boolean {
  return snapshotId?.startsWith(BASH_PREFIX) ?? false;
}

/** A snapshot that was loaded, and what it is called where it is applied. */
export interface Fetched<Loaded> {
  readonly snapshot: Loaded;
  readonly name: SnapshotName;
}

/** Downloads a snapshot, ours or a bash version's, whole and verified as far as its maker allows. */
export async function fetchAny<Loaded extends { readonly contentHash: string }>(
  { repository, load }: SnapshotSource<Loaded> & { readonly repository: Pick<Repository, "downloadBash"> },
  info: SnapshotInfo | BashSnapshot,
  signal: AbortSignal,
): Promise<Result<Fetched<Loaded>>> {
  if (!("madeBy" in info)) {
    const snapshot = await fetchSnapshot({ repository, load }, info, signal);
    return snapshot.ok ? success({ snapshot: snapshot.value, name: info }) : snapshot;
  }
  const { id, instanceName, time } = info;
  const downloaded = await repository.downloadBash(id, signal);
  if (!downloaded.ok) return downloaded;
  const task = { form: "archive", instanceName, createdAt: new Date(time).toISOString() } as const;
  const read = await readBashSnapshot(downloaded.value, task, signal);
  if (!read.ok) return read;
  const loaded = await load(read.value);
  if (!loaded.ok) return loaded;
  const name = { id: bashName(id), contentHash: loaded.value.contentHash, instanceName };
  return success({ snapshot: loaded.value, name });
}

/** Downloads a snapshot of the repository and brings this instance to it; see `Applier`. */
export async function fetchAndApply(
  {
    repository,
    database,
    applier,
  }: {
    readonly repository: Pick<Repository, "download" | "downloadBash">;
    readonly database: Pick<DatabaseWorker, "load">;
    readonly applier: Pick<Applier, "apply">;
  },
  info: SnapshotInfo | BashSnapshot,
  signal: AbortSignal,
): Promise<Result<Outcome>> {
  const fetched = await fetchAny({ repository, load: database.load }, info, signal);
  return fetched.ok ? applier.apply(fetched.value.snapshot, fetched.value.name, signal) : fetched;
}
