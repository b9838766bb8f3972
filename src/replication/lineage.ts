import { isSameSnapshot, type SnapshotInfo } from "../repository/index.ts";
import type { Problem } from "../result.ts";
import { refuseOther } from "./other-primary.ts";

export { isSameSnapshot };

/** What a primary knows when its content differs from what it published last. */
export interface PrimaryView {
  readonly contentHash: string;
  readonly instanceId: string;
  readonly instanceName: string;
  /** Nothing is configured in Kuma: nothing to publish, and nothing that a restore could undo. */
  readonly isEmpty: boolean;
  /** Nothing ever was configured in this database: it is a new one, not one that a person has emptied. */
  readonly isUntouched: boolean;
  /** Ids of what this instance published or applied. */
  readonly known: readonly string[];
  /** The highest generation that it published or applied; undefined when that is not known. */
  readonly reached: number | undefined;
  /** The person asked to take the repository over at this start. */
  readonly takeover: boolean;
  /** The person has just made this the primary: publish even the same content, so that the chain and others show it. */
  readonly isForced: boolean;
}

/** Where in the chain a new snapshot goes. */
export interface Place {
  readonly parent: string | undefined;
  readonly generation: number;
}

export type Decision =
  | { readonly do: "nothing" }
  /**
   * The repository's latest holds just our content, and nobody else is primary: remember it as ours. `next`: where to
   * publish if it proves to be damaged.
   */
  | { readonly do: "adopt"; readonly latest: SnapshotInfo; readonly next: Place }
  | ({ readonly do: "publish" } & Place)
  | { readonly do: "restore"; readonly latest: SnapshotInfo }
  | { readonly do: "refuse"; readonly problem: Problem };

/**
 * Decides what a primary does with the repository's latest snapshot before it: it publishes only onto a parent that it
 * published or applied itself, since otherwise someone else is primary too, or its own memory was lost.
 * @param latest the last of the chain in the repository, undefined when there is none
 */
export function decide(view: PrimaryView, latest: SnapshotInfo | undefined): Decision {
  const publish = (step: number): Decision => ({ do: "publish", ...placeAfter(latest, view.reached, step) });
  if (latest === undefined) return view.isEmpty ? { do: "nothing" } : publish(1);
  const isOurs = view.known.some((id) => isSameSnapshot(id, latest.id)) || isOwn(view, latest);
  // The same content by somebody else is ours only if we remember nothing: else the role has moved on from here.
  const isSame = latest.contentHash === view.contentHash;
  if (isSame && !view.isForced && (isOurs || view.known.length === 0 || view.takeover))
    // Where the chain has lost what replicas have applied, they wait for one that comes after it.
    return isLower(latest, view.reached)
      ? publish(1)
      : { do: "adopt", latest, next: placeAfter(latest, view.reached, 1) };
  // What is ours was published from here: to restore that would undo what a person has changed or removed since, unless
  // the database under us is another one, in which nobody has done anything yet.
  if (view.isEmpty && (!isOurs || view.isUntouched)) return { do: "restore", latest };
  // One that is published just now by the instance which is to be followed no more comes before this one.
  if (view.isForced || (view.takeover && !isOurs)) return publish(2);
  return isOurs ? publish(1) : { do: "refuse", problem: refuseOther(view, latest) };
}

/** After a parent, but always further than we have been: replicas that have applied that would wait for ever. */
function placeAfter(parent: SnapshotInfo | undefined, reached = 0, step = 1): Place {
  return { parent: parent?.id, generation: Math.max(reached, parent?.generation ?? 0) + step };
}

/**
 * Whether a snapshot is one of our own that we do not remember, because those after it are gone: forgotten, or lost
 * with a repository that was put back from a copy. One of our id that goes further than we do is by a copy of us.
 */
function isOwn({ instanceId, reached }: PrimaryView, latest: SnapshotInfo): boolean {
  return latest.instanceId === instanceId && (reached === undefined || !isHigher(latest, reached));
}

function isHigher({ isGuessed, generation }: SnapshotInfo, reached: number): boolean {
  return !isGuessed && generation > reached;
}

function isLower({ isGuessed, generation }: SnapshotInfo, reached: number | undefined): boolean {
  return !isGuessed && reached !== undefined && generation < reached;
}
