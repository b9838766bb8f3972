import { shortId } from "../format.ts";
import { inChainOrder, type SnapshotInfo } from "../repository/index.ts";
import { failure, type Problem, type Result, success } from "../result.ts";
import type { Context } from "./context.ts";
import { listKnown } from "./known.ts";

/** What a cycle finds in the repository; `known`: what this instance applied and published last, see `listKnown`. */
export type Found = { readonly known: readonly string[] } & (
  | {
      readonly kind: "snapshot";
      readonly latest: SnapshotInfo;
      /** All of them, in the order of the chain. */
      readonly snapshots: readonly SnapshotInfo[];
    }
  /** There never was any, as far as this instance knows. */
  | { readonly kind: "no-snapshot" | "no-repository" }
);

/**
 * Looks for the latest snapshot of ours. Nothing at all is in order only for an instance that has never published or
 * applied any: for any other what was there is gone (a disk that is not mounted, a wrong address, somebody's hand), and
 * whoever took that for a beginning would make a new repository on the empty disk and say that all is well.
 * @param accept a person has said that the repository may begin anew
 */
export async function findLatest(
  context: Context,
  { accept }: { accept: boolean },
  signal: AbortSignal,
): Promise<Result<Found>> {
  const read = await listKnown(context);
  if (!read.ok) return read;
  const known = read.value;
  const last = accept ? undefined : known.at(-1);
  const listed = await context.repository.list(signal);
  if (!listed.ok && listed.problem.code === "repository-missing") {
    if (last !== undefined) return failure(repositoryGone(last, listed.problem));
    return context.config.createRepository ? success({ kind: "no-repository", known }) : listed;
  }
  if (!listed.ok) return listed;
  const latest = chooseLatest(listed.value);
  if (latest !== undefined) return success({ kind: "snapshot", known, latest, snapshots: listed.value });
  return last === undefined ? success({ kind: "no-snapshot", known }) : failure(snapshotsGone(last));
}

/**
 * The last of the chain. Time alone would not do: a primary whose clock was set back publishes snapshots that look older
 * than those before them; nor would the ends of the chain: one whose child was forgotten looks like an end.
 */
export function chooseLatest(snapshots: readonly SnapshotInfo[]): SnapshotInfo | undefined {
  return snapshots.reduce<SnapshotInfo | undefined>(
    (last, each) => (last === undefined || inChainOrder(last, each) < 0 ? each : last),
    undefined,
  );
}

const ON_PURPOSE = "If it is to begin anew on purpose: `replicator-kuma sync --retry` on the primary.";

function repositoryGone(last: string, { message }: Problem): Problem {
  return {
    code: "repository-gone",
    message: `The restic repository is gone: this instance has published or applied snapshot ${shortId(last)} from it. ${message}`,
    advice: `Nothing was created. Look whether its disk is mounted, and RESTIC_REPOSITORY is right. ${ON_PURPOSE}`,
  };
}

function snapshotsGone(last: string): Problem {
  return {
    code: "snapshots-gone",
    message: `The restic repository holds no snapshot of Replicator Kuma any more: this instance has published or applied snapshot ${shortId(last)} from it.`,
    advice: `Nothing was changed. Look whether RESTIC_REPOSITORY is right, and who has emptied the repository; put it back from a copy if there is one. ${ON_PURPOSE}`,
  };
}
