import type { SnapshotInfo } from "../repository/index.ts";
import { download, type Sources } from "./sources.ts";

/**
 * Whether Kuma holds something else than the snapshot that it stands on; undefined when that cannot be found out. Another
 * hash alone does not say so: another release of Kuma has other columns, and a snapshot of an older release of ours may
 * hold what is left out now. Then the snapshot is downloaded, and what counts is whether applying it would change anything.
 */
export async function isEdited(sources: Sources, base: SnapshotInfo): Promise<boolean | undefined> {
  const now = await sources.database.hash();
  if (!now.ok) return undefined;
  if (now.value === base.contentHash) return false;
  const snapshot = await download(sources, base);
  const plan = snapshot.ok ? await sources.database.plan(snapshot.value) : snapshot;
  return plan.ok ? !plan.value.empty : undefined;
}
