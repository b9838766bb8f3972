import { shortId } from "../../format.ts";
import { type BashSnapshot, isSameSnapshot, type SnapshotInfo } from "../../repository/index.ts";
import type { Problem } from "../../result.ts";

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
  /** Whether this instance is to be the primary at all is not certain: it has lost its state, see `detectLostRole`. */
  readonly isRoleLost: boolean;
  readonly claim: Claim;
  /**
   * What a bash version published last, where nothing of ours is in the repository and this instance had none of it
   * yet.
   */
  readonly bash: BashSnapshot | undefined;
}

/**
 * By what right a primary publishes onto a snapshot that it does not know, good for one publish. "takeover": a person
 * asked for it at this start. "promotion": a person has just made this the primary: publish even the same content, so
 * that the chain and others show it.
 */
export type Claim = "none" | "takeover" | "promotion";

/** Where in the chain a new snapshot goes. */
export interface Place {
  readonly parent: string | undefined;
  readonly generation: number;
}

export type Decision =
  | { readonly do: "nothing" }
  /**
   * The repository's latest holds just our content, and nobody else is primary: record it as published. `next`: where
   * to publish if it is found damaged.
   */
  | { readonly do: "record"; readonly latest: SnapshotInfo; readonly next: Place }
  | ({ readonly do: "publish" } & Place)
  | { readonly do: "restore"; readonly latest: SnapshotInfo | BashSnapshot }
  | { readonly do: "refuse"; readonly problem: Problem };

/**
 * Decides what a primary does with the repository's latest snapshot before it: it publishes only onto a parent that it
 * published or applied itself, since otherwise someone else is primary too, or its own memory was lost.
 * @param latest the last of the chain in the repository, undefined when there is none
 */
export function decide(view: PrimaryView, latest: SnapshotInfo | undefined): Decision {
  const publish = (step: number): Decision => ({ do: "publish", ...placeAfter(latest, view.reached, step) });
  if (latest === undefined) return view.isEmpty ? beginEmpty(view) : publish(1);
  const isOurs = view.known.some((id) => isSameSnapshot(id, latest.id)) || isOwn(view, latest);
  const isPromoted = view.claim === "promotion";
  if (view.isRoleLost && view.claim === "none" && isByOther(view, latest))
    return { do: "refuse", problem: refuseWithoutRole(latest) };
  if (latest.contentHash === view.contentHash && !isPromoted && mayRecord(view, isOurs))
    return record(view.reached, latest);
  // What is ours was published from here: to restore that would undo what a person has changed or removed since, unless
  // the database under us is another one, in which nobody has done anything yet.
  if (view.isEmpty && (!isOurs || view.isUntouched)) return { do: "restore", latest };
  // One that is published just now by the instance which is to be followed no more comes before this one.
  if (isPromoted || (view.claim === "takeover" && !isOurs)) return publish(2);
  return isOurs ? publish(1) : { do: "refuse", problem: refuseOther(view, latest) };
}

/** Where there is nothing of ours to go on from: what a bash version published is. */
function beginEmpty({ bash }: PrimaryView): Decision {
  return bash === undefined ? { do: "nothing" } : { do: "restore", latest: bash };
}

/** Where the chain has lost what replicas have applied, they wait for one that comes after it. */
function record(reached: number | undefined, latest: SnapshotInfo): Decision {
  const next = placeAfter(latest, reached, 1);
  return isLower(latest, reached) ? { do: "publish", ...next } : { do: "record", latest, next };
}

function isByOther({ instanceId, instanceName }: PrimaryView, latest: SnapshotInfo): boolean {
  return latest.instanceId !== instanceId && latest.instanceName !== instanceName;
}

/** The same content by somebody else is ours only if we remember nothing: else the role has moved on from here. */
function mayRecord({ known, claim }: PrimaryView, isOurs: boolean): boolean {
  return isOurs || known.length === 0 || claim === "takeover";
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

/** Why a primary does not publish onto a snapshot that it does not know; never is it itself called another primary. */
function refuseOther(
  self: { readonly instanceId: string; readonly instanceName: string },
  latest: SnapshotInfo,
): Problem {
  const since = new Date(latest.time).toISOString();
  const which = `Not published: the repository's latest snapshot ${shortId(latest.id)}`;
  if (latest.instanceId === self.instanceId)
    return {
      code: "other-primary",
      message: `${which}, of ${since}, bears this instance's id and comes after all that it remembers: its data folder was put back from a copy, or was copied to another instance that publishes as well.`,
      advice: `If it was copied, stop the other one, or give one of them a state folder of its own. ${goOn("replace what is there by what is here")}`,
    };
  if (latest.instanceName === self.instanceName)
    return {
      code: "other-primary",
      message: `${which}, of ${since}, is by an instance of this one's name (${JSON.stringify(latest.instanceName)}) but not of its id: this one has lost its state folder, or two instances bear one name.`,
      advice: `If there are two, make one a replica (\`replicator-kuma demote\`, or REPLICATOR_MODE=RESTORE). ${goOn("replace what is there by what is here")}`,
    };
  return {
    code: "other-primary",
    message: `${which} is by ${JSON.stringify(latest.instanceName)}, of ${since}, and this instance has neither published nor applied it.`,
    advice: `There must be one primary. Make this one a replica (\`replicator-kuma demote\`, or REPLICATOR_MODE=RESTORE). ${goOn("take over and replace what is there")}`,
  };
}

/** Why a primary that may have been demoted before it lost its state does not publish, though it knows the snapshot. */
function refuseWithoutRole({ id, instanceName, time }: SnapshotInfo): Problem {
  const other = JSON.stringify(instanceName);
  return {
    code: "role-lost",
    message: `Not published: this instance has lost its state folder, and with it the role, if a command had given one; the repository's latest snapshot ${shortId(id)}, of ${new Date(time).toISOString()}, is by ${other}.`,
    advice: `If ${other} is the primary: \`replicator-kuma demote\`, or REPLICATOR_MODE=RESTORE. If this one is to be: \`replicator-kuma promote\` goes on from that snapshot, \`promote --as-is\` from what is here.`,
  };
}

function goOn(purpose: string): string {
  return `To ${purpose}: start this one once with REPLICATOR_TAKEOVER=true. To go on from what is there: \`replicator-kuma restore latest\`.`;
}
