import { type Result, success } from "../result.ts";
import type { Context } from "./context.ts";

/** An imported file counts as applied, but never was in the repository. */
const OF_A_REPOSITORY = /^[0-9a-f]{8,64}$/;

/** Ids of what this instance applied and published last, as far as it was in a repository. */
export async function listKnown({
  database,
  stateFile,
}: Pick<Context, "database" | "stateFile">): Promise<Result<string[]>> {
  const applied = await database.lastApply();
  if (!applied.ok) return applied;
  const ids = [applied.value?.snapshotId, stateFile.state.published?.snapshotId];
  return success(ids.filter((id) => id !== undefined && OF_A_REPOSITORY.test(id)) as string[]);
}
