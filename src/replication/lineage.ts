import type { SnapshotInfo } from "../repository/index.ts";
import type { Problem } from "../result.ts";

/** What a primary knows when its content differs from what it published last. */
export interface PrimaryView {
  readonly contentHash: string;
  /** No monitor in Kuma, and none seen since this start: a new or a lost volume, not somebody's deletion. */
  readonly neverHadMonitors: boolean;
  /** Whether there is anything to publish at all. */
  readonly isEmpty: boolean;
  /** Ids of what this instance published or applied. */
  readonly known: readonly string[];
  /** The person asked to take the repository over at this start. */
  readonly takeover: boolean;
  /** The person has just made this the primary: publish even the same content, so that the chain and others show it. */
  readonly claim: boolean;
}

export type Decision =
  | { readonly do: "nothing" }
  /** The repository's latest holds just our content, and nobody else is primary: remember it as ours. */
  | { readonly do: "adopt"; readonly latest: SnapshotInfo }
  | { readonly do: "publish"; readonly parent: string | undefined }
  | { readonly do: "restore"; readonly latest: SnapshotInfo }
  | { readonly do: "refuse"; readonly problem: Problem };

/**
 * Decides what a primary does with the repository's latest snapshot before it: it publishes only onto a parent that it
 * published or applied itself, since otherwise someone else is primary too, or its own memory was lost.
 * @param latest the newest of our snapshots in the repository, undefined when there is none
 */
export function decide(view: PrimaryView, latest: SnapshotInfo | undefined): Decision {
  if (latest === undefined) return view.isEmpty ? { do: "nothing" } : { do: "publish", parent: undefined };
  const isOurs = view.known.some((id) => isSameSnapshot(id, latest.id));
  // The same content by somebody else is ours only if we remember nothing: else the role has moved on from here.
  const isSame = latest.contentHash === view.contentHash;
  if (isSame && !view.claim && (isOurs || view.known.length === 0 || view.takeover))
    return { do: "adopt", latest };
  if (view.neverHadMonitors) return { do: "restore", latest };
  if (isOurs || view.takeover || view.claim) return { do: "publish", parent: latest.id };
  return { do: "refuse", problem: refusal(latest) };
}

/** Whether two restic ids name one snapshot: restic 0.14 tells the id of a new one in its short form only. */
export function isSameSnapshot(a: string, b: string): boolean {
  const length = Math.min(a.length, b.length);
  return length >= 8 && a.slice(0, length) === b.slice(0, length);
}

function refusal(latest: SnapshotInfo): Problem {
  const since = new Date(latest.time).toISOString();
  return {
    code: "other-primary",
    message: `Not published: the repository's latest snapshot ${latest.id.slice(0, 8)} is by ${JSON.stringify(latest.instanceName)}, of ${since}, and this instance has neither published nor applied it.`,
    advice:
      "There must be one primary. Make this one a replica (`replicator-kuma demote`, or REPLICATOR_MODE=RESTORE), or, if it shall take over and replace what is there, start it once with REPLICATOR_TAKEOVER=true.",
  };
}
