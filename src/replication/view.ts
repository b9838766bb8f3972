import { type Result, success } from "../result.ts";
import type { Content } from "../snapshot/index.ts";
import type { Context } from "./context.ts";
import type { Found } from "./latest.ts";
import type { PrimaryView } from "./lineage.ts";
import { findReached } from "./reached.ts";

/** What a primary holds, and what was asked of it. */
interface Holding extends Pick<PrimaryView, "takeover" | "isForced"> {
  readonly content: Content;
  /** Of that content. */
  readonly hash: string;
}

/** All that a primary's decision is made from, but the latest snapshot itself. */
export async function viewOf(
  context: Context,
  { content, hash, takeover, isForced }: Holding,
  found: Found,
): Promise<Result<PrimaryView>> {
  const isEmpty = content.tables.every(({ rows }) => rows.length === 0);
  const isUntouched = isEmpty ? await context.database.isUntouched() : success(false);
  if (!isUntouched.ok) return isUntouched;
  const { state } = context.stateFile;
  const { latest, snapshots } = found.kind === "snapshot" ? found : { latest: undefined, snapshots: [] };
  // What this instance was publishing when it was killed.
  const wasPublishing = latest?.instanceId === state.instanceId && latest.contentHash === state.publishing;
  return success({
    contentHash: hash,
    instanceId: state.instanceId,
    instanceName: context.config.instanceName,
    isEmpty,
    isUntouched: isUntouched.value,
    known: wasPublishing ? [...found.known, latest.id] : found.known,
    reached: findReached(state, snapshots, found.known)?.generation,
    takeover,
    isForced,
  });
}
