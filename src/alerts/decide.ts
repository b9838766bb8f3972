import type { PeersConfig } from "../config/index.ts";
import type { Kind } from "./message.ts";

/** When an instance sends, and with whose agreement. */
export type AlertRules = Pick<PeersConfig, "alert" | "agree" | "wait" | "alone">;

/** What another instance says about a monitor. All lengths of time are as of now. */
export interface PeerView {
  readonly id: string;
  readonly name: string;
  /** How long ago its page was made. */
  readonly heard: number;
  /** It has answered the question that is open about this monitor: so it knows of the claim that goes with it. */
  readonly hasAnswered: boolean;
  /**
   * "none": it does not watch it; "not yet": it has not looked since its start, "down before": nor has it, and it was down
   * before; "silent": it has not said anything about it that still counts.
   */
  readonly says:
    | {
        readonly state: "down" | "up" | "none" | "not yet" | "down before";
        readonly for: number;
        readonly checked: number;
      }
    | { readonly state: "silent" };
  readonly claim: { readonly number: number; readonly isSending: boolean } | undefined;
}

/** Why a message is not sent yet. */
export type Hold =
  /** Another one is sending, or is before this one. */
  | { readonly why: "turn"; readonly name: string }
  /** Too few agree, and somebody may still look. */
  | { readonly why: "unheard" }
  /** Others say that it is up. */
  | { readonly why: "only here" }
  /** It is up here, and down there; "": here as well. */
  | { readonly why: "recovery"; readonly name: string }
  | { readonly why: "refused" }
  /** Kuma is not ready. */
  | { readonly why: "kuma" };

/**
 * "drop": what it says has been said, or another one says it. "hold": not now, and others may go first. "claim": it could
 * leave, but others do not know yet. "wait": it is asked again, soon. "send"; "alone": nobody has agreed for as long as
 * the rules say.
 */
export type Decision =
  | { readonly verdict: "drop" | "claim" | "wait" }
  | { readonly verdict: "hold"; readonly hold: Hold }
  | { readonly verdict: "send"; readonly isAlone: boolean };

export interface Situation {
  readonly rules: AlertRules;
  readonly kind: Kind;
  /** This instance's id, and the number of its claim; undefined: it has none. */
  readonly own: { readonly id: string; readonly claim: number | undefined };
  /** Some of those that it goes to have not been told. */
  readonly isMissing: boolean;
  /** Why Kuma cannot send it now. */
  readonly obstacle: Hold | undefined;
  /** Whoever else there is has been heard since the start. */
  readonly isAcquainted: boolean;
  /** Others have had time enough to answer. */
  readonly isLate: boolean;
  /** How long ago the outage began here that it is about. */
  readonly outage: number;
  /** How long Kuma has wanted to send it. */
  readonly wanted: number;
  /** Outages that begin within so long of one another are one. */
  readonly width: number;
  readonly peers: readonly PeerView[];
}

/** A claim whose owner was not heard for so long counts no more, milliseconds. While one waits, all are asked often. */
const CLAIM_LIMIT = 20_000;

/** What one outage is, at least: an instance may look so much later than another, milliseconds. */
const SHORTEST_WIDTH = 5 * 60_000;

/** @param settles how long it takes until Kuma says down, milliseconds */
export function widthOf(settles: number): number {
  return Math.max(SHORTEST_WIDTH, 2 * settles);
}

/** What becomes of a message now. Pure. */
export function decide(situation: Situation): Decision {
  const { rules, kind, own, isMissing, obstacle, isLate, peers } = situation;
  if (rules.alert === "annotate") return { verdict: "send", isAlone: false };
  if (!isMissing) return { verdict: "drop" };
  const leave = mayLeave(situation);
  if (leave !== "agreed" && leave !== "alone") return { verdict: "hold", hold: leave };
  if (obstacle !== undefined)
    return isLasting(kind) ? { verdict: "hold", hold: obstacle } : { verdict: "drop" };
  const { id, claim } = own;
  if (claim === undefined) return { verdict: "claim" };
  const other = whoPrecedes(peers, { id, claim });
  if (other === undefined) return { verdict: "send", isAlone: leave === "alone" };
  if (isLasting(kind)) return { verdict: "hold", hold: { why: "turn", name: other.name } };
  // Kuma says again in a while that it is down. A warning is sent in the end, rather than not at all.
  if (kind === "again") return { verdict: "drop" };
  return isLate ? { verdict: "send", isAlone: false } : { verdict: "wait" };
}

/** Whether it is withheld, rather than said anew by Kuma. */
export function isLasting(kind: Kind): boolean {
  return kind === "down" || kind === "up";
}

/** @returns why not, or with whose agreement */
function mayLeave(situation: Situation): Hold | "agreed" | "alone" {
  const { rules, kind, peers } = situation;
  if (kind === "down" && rules.alert === "quorum") return askQuorum(situation);
  const down = kind === "up" ? peers.find((peer) => isDownInOutage(peer, situation)) : undefined;
  return down === undefined ? "agreed" : { why: "recovery", name: down.name };
}

/** @returns the one before whom this instance must not send: it is sending, or its claim is older */
export function whoPrecedes(
  peers: readonly PeerView[],
  own: { readonly id: string; readonly claim: number },
): PeerView | undefined {
  return peers.find(
    (peer) =>
      peer.claim !== undefined &&
      hasLivingClaim(peer) &&
      (peer.claim.isSending || isBefore([peer.claim.number, peer.id], [own.claim, own.id])),
  );
}

/** The order of numbers that instances give: of equal ones, which only those give that had not heard of one another. */
export function isBefore([a, idA]: readonly [number, string], [b, idB]: readonly [number, string]): boolean {
  return a === b ? idA < idB : a < b;
}

function hasLivingClaim({ claim, heard }: PeerView): boolean {
  return claim !== undefined && heard <= CLAIM_LIMIT;
}

/**
 * Whether somebody is down who recovers later. One that was down for long before says nothing of this outage: it may be
 * out of reach from there, always. One that has been started anew looks again soon.
 */
function isDownInOutage({ says }: PeerView, { rules, outage, wanted, width }: Situation): boolean {
  const isDown = says.state === "down" || (says.state === "down before" && wanted < rules.wait);
  return isDown && says.for <= outage + width;
}

function askQuorum(situation: Situation): Hold | "agreed" | "alone" {
  const { rules, peers, outage, wanted, width, isAcquainted } = situation;
  const opinions = peers.map((peer) => opinionOf(peer, { outage, width, wait: rules.wait }));
  const count = (opinion: Opinion) => opinions.filter((each) => each === opinion).length;
  const agreeing = 1 + count("down");
  const contradicting = count("up");
  const open = wanted < rules.wait ? count("not yet") + (isAcquainted ? 0 : 1) : 0;
  const wished = rules.agree === "majority" ? Math.floor((1 + peers.length) / 2) + 1 : rules.agree;
  if (agreeing >= Math.min(wished, agreeing + contradicting + open)) return "agreed";
  if (wanted >= rules.alone) return "alone";
  return { why: open > 0 ? "unheard" : "only here" };
}

type Opinion = "down" | "up" | "not yet" | "none";

/** What counts of a peer's words about an outage. */
function opinionOf(
  { says, heard }: PeerView,
  { outage, width, wait }: { readonly outage: number; readonly width: number; readonly wait: number },
): Opinion {
  switch (says.state) {
    case "down":
      return Math.abs(says.for - outage) <= width ? "down" : "none";
    case "up":
      return says.checked <= outage ? "up" : "not yet";
    case "silent":
      return heard < wait ? "not yet" : "none";
    case "not yet":
    case "down before":
      return "not yet";
    case "none":
      return "none";
  }
}
