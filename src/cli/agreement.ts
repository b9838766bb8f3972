import { chooseLatest, isSameSnapshot } from "../replication/index.ts";
import type { SnapshotInfo } from "../repository/index.ts";
import { download, type Sources } from "./sources.ts";

/** How an instance stands to the repository; times in milliseconds since 1970. */
export interface RepositoryPosition {
  readonly latest: SnapshotInfo;
  /** Snapshots between what the instance stands on and the latest; undefined: it stands on none of the chain. */
  readonly behind: number | undefined;
  /** When the first of those was published. */
  readonly behindSince: number | undefined;
  /** Who publishes, and since when without anybody else in between. */
  readonly primary: { readonly name: string; readonly id: string; readonly since: number };
}

/**
 * @param snapshots all of the repository
 * @param head what the instance has published or applied last
 * @returns undefined when nothing was published yet
 */
export function positionIn(
  snapshots: readonly SnapshotInfo[],
  head: string | undefined,
): RepositoryPosition | undefined {
  const latest = chooseLatest(snapshots);
  if (latest === undefined) return undefined;
  const chain = chainOf(snapshots, latest);
  const position = chain.findIndex(({ id }) => head !== undefined && isSameSnapshot(id, head));
  const others = chain.findIndex(({ instanceId }) => instanceId !== latest.instanceId);
  const first = chain.at(others < 0 ? -1 : others - 1) ?? latest;
  return {
    latest,
    behind: position < 0 ? undefined : position,
    behindSince: chain[position - 1]?.time,
    primary: { name: latest.instanceName, id: latest.instanceId, since: first.time },
  };
}

/** From the latest back through the parents, as far as the repository still has them. */
function chainOf(snapshots: readonly SnapshotInfo[], latest: SnapshotInfo): SnapshotInfo[] {
  const chain: SnapshotInfo[] = [];
  for (let next: SnapshotInfo | undefined = latest; next !== undefined && !chain.includes(next); ) {
    chain.push(next);
    next = parentOf(snapshots, next);
  }
  return chain;
}

/** The snapshot that another one was published onto, as long as the repository has it. */
export function parentOf(
  snapshots: readonly SnapshotInfo[],
  { parent }: SnapshotInfo,
): SnapshotInfo | undefined {
  return snapshots.find(({ id }) => parent !== undefined && isSameSnapshot(id, parent));
}

/**
 * Whether Kuma holds something else than the snapshot that it stands on; undefined when that cannot be found out.
 * Another hash alone does not say so: another release of Kuma has other columns, and a snapshot of an older release of
 * ours may hold what is left out now. Then the snapshot is downloaded, and what counts is whether applying it would
 * change anything.
 */
export async function isEdited(sources: Sources, base: SnapshotInfo): Promise<boolean | undefined> {
  const now = await sources.database.hash();
  if (!now.ok) return undefined;
  if (now.value === base.contentHash) return false;
  const snapshot = await download(sources, base);
  const plan = snapshot.ok ? await sources.database.plan(snapshot.value) : snapshot;
  return plan.ok ? !plan.value.empty : undefined;
}
