import type { DatabaseWorker } from "../../database/index.ts";
import { shortId } from "../../format.ts";
import type { Problem } from "../../result.ts";
import { describeChanges } from "../../snapshot/index.ts";
import { findHead } from "../chain/reached.ts";
import type { Publisher } from "../primary/publisher.ts";
import type { StateFile } from "../state/state-file.ts";

/**
 * What was changed here since the snapshot that this instance stands on, so that no snapshot has it, in words;
 * undefined: nothing. Where that cannot be found out it says so.
 */
export async function describeUnpublished({
  publisher,
  database,
  stateFile,
}: {
  readonly publisher: Pick<Publisher, "read">;
  readonly database: Pick<DatabaseWorker, "lastApply">;
  readonly stateFile: StateFile;
}): Promise<string | undefined> {
  const [now, last] = [await publisher.read(), await database.lastApply()];
  if (!now.ok || !last.ok) return "what that is cannot be found out";
  const { state } = stateFile;
  const head = findHead(state, last.value);
  if (head === undefined) return "all that is configured here";
  if (head.contentHash === now.value.contentHash) return undefined;
  const since = `since snapshot ${shortId(head.snapshotId)}`;
  const { changes, named } = now.value;
  return head !== state.published || changes === undefined
    ? `changes ${since}`
    : `${describeChanges(changes, named)} ${since}`;
}

/** Why a primary with changes of its own does not become a replica. @param why what kept them from being published */
export function notPublished(what: string, why: Problem): Problem {
  return {
    code: "not-published",
    message: `Not demoted: something here is in no snapshot (${what}), and would be overwritten by the next one. ${why.message}`,
    advice:
      "`replicator-kuma diff latest live` shows it, and `export` keeps a copy. To give it up: `replicator-kuma demote --yes`.",
  };
}
