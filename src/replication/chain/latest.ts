import type { DatabaseWorker } from "../../database/index.ts";
import { shortId } from "../../format.ts";
import {
  type BashSnapshot,
  inChainOrder,
  type Repository,
  type SnapshotInfo,
} from "../../repository/index.ts";
import { failure, type Problem, type Result, success } from "../../result.ts";
import type { StateFile } from "../state/state-file.ts";

/** What a cycle finds in the repository; `known`: what this instance applied and published last, see `listKnown`. */
export type Found = { readonly known: readonly string[] } & (
  | {
      readonly kind: "snapshot";
      readonly latest: SnapshotInfo;
      /** All of them, in the order of the chain. */
      readonly snapshots: readonly SnapshotInfo[];
      /** What a bash version published last, if any did. */
      readonly bash: BashSnapshot | undefined;
    }
  /** There never was any of ours, as far as this instance knows, but a bash version has published. */
  | { readonly kind: "bash"; readonly bash: BashSnapshot }
  /** There never was any at all. */
  | { readonly kind: "no-snapshot" | "no-repository" }
);

/** What finding the latest snapshot needs, and what this instance remembers of the ones before. */
export interface ChainSources {
  readonly repository: Pick<Repository, "listAll">;
  readonly database: Pick<DatabaseWorker, "lastApply">;
  readonly stateFile: StateFile;
  /** Whether a primary may create the repository where there is none. */
  readonly createRepository: boolean;
}

/**
 * Finds the latest snapshot of ours. Nothing at all is in order only for an instance that has never published or
 * applied any: for any other what was there is gone (a disk that is not mounted, a wrong address, somebody's hand), and
 * whoever took that for a beginning would make a new repository on the empty disk and say that all is well.
 * @param acceptLoss a person has said that the repository may begin anew
 */
export async function findLatest(
  { repository, database, stateFile, createRepository }: ChainSources,
  acceptLoss: boolean,
  signal: AbortSignal,
): Promise<Result<Found>> {
  const read = await listKnown(database, stateFile);
  if (!read.ok) return read;
  const known = read.value;
  const last = acceptLoss ? undefined : known.at(-1);
  const listed = await repository.listAll(signal);
  if (!listed.ok && listed.problem.code === "repository-missing") {
    if (last !== undefined) return failure(repositoryGone(last, listed.problem));
    return createRepository ? success({ kind: "no-repository", known }) : listed;
  }
  if (!listed.ok) return listed;
  const { snapshots } = listed.value;
  const latest = chooseLatest(snapshots);
  const bash = listed.value.bash.at(-1);
  if (latest !== undefined) return success({ kind: "snapshot", known, latest, snapshots, bash });
  if (last !== undefined) return failure(snapshotsGone(last));
  return success(bash === undefined ? { kind: "no-snapshot", known } : { kind: "bash", known, bash });
}

/** Of our chain: an imported file counts as applied, but never was in it, nor was what a bash version published. */
const OF_A_REPOSITORY = /^[0-9a-f]{8,64}$/;

/** Ids of what this instance applied and published last, as far as it was in a repository. */
async function listKnown(
  database: ChainSources["database"],
  { state }: StateFile,
): Promise<Result<string[]>> {
  const applied = await database.lastApply();
  if (!applied.ok) return applied;
  const ids = [applied.value?.snapshotId, state.published?.snapshotId];
  return success(ids.filter((id) => id !== undefined).filter((id) => OF_A_REPOSITORY.test(id)));
}

/**
 * The last of the chain. Time alone would not do: a primary whose clock was set back publishes snapshots that look
 * older than those before them; nor would the ends of the chain: one whose child was forgotten looks like an end.
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
    advice: `Nothing was created. Check whether its disk is mounted, and RESTIC_REPOSITORY is right. ${ON_PURPOSE}`,
  };
}

function snapshotsGone(last: string): Problem {
  return {
    code: "snapshots-gone",
    message: `The restic repository holds no snapshot of Replicator Kuma any more: this instance has published or applied snapshot ${shortId(last)} from it.`,
    advice: `Nothing was changed. Check whether RESTIC_REPOSITORY is right, and who has emptied the repository; put it back from a copy if there is one. ${ON_PURPOSE}`,
  };
}
