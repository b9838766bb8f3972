import type { DatabaseWorker, Reading } from "../../database/index.ts";
import type { BashSnapshot } from "../../repository/index.ts";
import { type Result, success } from "../../result.ts";
import { isOfBash } from "../apply/fetch.ts";
import type { Found } from "../chain/latest.ts";
import type { Claim, PrimaryView } from "../chain/lineage.ts";
import { findReached } from "../chain/reached.ts";
import type { StateFile } from "../state/state-file.ts";

/** All that a primary's decision is made from, but the latest snapshot itself. */
export async function viewOf(
  instance: {
    readonly database: Pick<DatabaseWorker, "isUntouched" | "lastApply">;
    readonly stateFile: StateFile;
    readonly instanceName: string;
  },
  { contentHash, isEmpty }: Pick<Reading, "contentHash" | "isEmpty">,
  found: Found,
  claim: Claim,
): Promise<Result<PrimaryView>> {
  const isUntouched = isEmpty ? await instance.database.isUntouched() : success(false);
  if (!isUntouched.ok) return isUntouched;
  const { state } = instance.stateFile;
  const bash = await findBash(instance.database, found, isUntouched.value);
  if (!bash.ok) return bash;
  const { latest, snapshots } = found.kind === "snapshot" ? found : { latest: undefined, snapshots: [] };
  // What this instance was publishing when it was killed.
  const wasPublishing = latest?.instanceId === state.instanceId && latest.contentHash === state.publishing;
  return success({
    contentHash,
    instanceId: state.instanceId,
    instanceName: instance.instanceName,
    isEmpty,
    isUntouched: isUntouched.value,
    known: wasPublishing ? [...found.known, latest.id] : found.known,
    reached: findReached(state, snapshots, found.known)?.generation,
    isRoleLost: state.roleLost === true,
    claim,
    bash: bash.value,
  });
}

/** Not once any of a bash version was applied here: what is empty since then a person has emptied. */
async function findBash(
  database: Pick<DatabaseWorker, "lastApply">,
  found: Found,
  isUntouched: boolean,
): Promise<Result<BashSnapshot | undefined>> {
  if (found.kind !== "bash") return success(undefined);
  const last = await database.lastApply();
  if (!last.ok) return last;
  return success(isUntouched || !isOfBash(last.value?.snapshotId) ? found.bash : undefined);
}
