import { readBashSnapshot } from "../../bash-snapshots/index.ts";
import type { SnapshotName } from "../../events/index.ts";
import type { BashSnapshot, Repository, RepositoryProblem, SnapshotInfo } from "../../repository/index.ts";
import { type Result, success } from "../../result.ts";
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

/** A snapshot in memory, and what it is called where it is applied. */
export interface Fetched {
  readonly snapshot: Snapshot;
  readonly name: SnapshotName;
}

/** Downloads a snapshot, ours or a bash version's, whole and verified as far as its maker allows. */
export async function fetchAny(
  repository: Pick<Repository, "download" | "downloadBash">,
  info: SnapshotInfo | BashSnapshot,
  signal: AbortSignal,
): Promise<Result<Fetched>> {
  if (!("madeBy" in info)) {
    const snapshot = await fetchSnapshot(repository, info, signal);
    return snapshot.ok ? success({ snapshot: snapshot.value, name: info }) : snapshot;
  }
  const { id, instanceName, time } = info;
  const downloaded = await repository.downloadBash(id, signal);
  if (!downloaded.ok) return downloaded;
  const task = { form: "archive", instanceName, createdAt: new Date(time).toISOString() } as const;
  const read = await readBashSnapshot(downloaded.value, task, signal);
  if (!read.ok) return read;
  const decoded = decodeSnapshot(read.value);
  if (!decoded.ok) return decoded;
  const name = { id: bashName(id), contentHash: contentHash(decoded.value.content), instanceName };
  return success({ snapshot: decoded.value, name });
}

/** Downloads a snapshot of the repository and brings this instance to it; see `Applier`. */
export async function fetchAndApply(
  parts: {
    readonly repository: Pick<Repository, "download" | "downloadBash">;
    readonly applier: Pick<Applier, "apply">;
  },
  info: SnapshotInfo | BashSnapshot,
  signal: AbortSignal,
): Promise<Result<Outcome>> {
  const fetched = await fetchAny(parts.repository, info, signal);
  return fetched.ok ? parts.applier.apply(fetched.value.snapshot, fetched.value.name, signal) : fetched;
}
