import type { Verdict } from "../kuma/index.ts";
import type { Hold } from "./decide.ts";
import type { Delivery } from "./deliveries.ts";
import type { AlertFields, Subject, Told } from "./ledger.ts";
import { type Message, stateOf } from "./message.ts";
import type { Asked } from "./types.ts";

/** Claims that a page names. */
const MOST_CLAIMS = 500;

/** Not before something else happens. */
export const NEVER = Number.POSITIVE_INFINITY;

/** What outlives a restart. Times are by the steady clock. */
export interface Kept {
  readonly clock: number;
  readonly told: readonly Told[];
  readonly withheld: readonly Message[];
  /** What is down here, and since when: Kuma's first check after a start does not tell. */
  readonly outages: readonly (Subject & { readonly since: number })[];
}

/** The same by another clock. */
export function withTimes({ clock, told, withheld, outages }: Kept, by: (time: number) => number): Kept {
  return {
    clock,
    told: told.map((each) => ({ ...each, at: by(each.at) })),
    withheld: withheld.map((each) => ({
      ...each,
      outageAt: by(each.outageAt),
      wantedAt: by(each.wantedAt),
    })),
    outages: outages.map((each) => ({ ...each, since: by(each.since) })),
  };
}

/** A message that Kuma waits with, or that was withheld. */
export interface Pending {
  message: Message;
  /** "asking": others have not answered yet. "held": it is not time. */
  stage: "asking" | "held";
  hold: Hold;
  /** Of this instance, for its turn; undefined: others may go first. */
  claim: number | undefined;
  /** The question to others that is open about it; 0: none. */
  question: number;
  /** Until when others are asked; or before when it is not looked at again. */
  until: number;
  /** Kuma waits for the verdict. */
  answer: ((verdict: Verdict) => void) | undefined;
  /** The notifications that Kuma would send it to. */
  readonly asked: readonly string[];
  isSaving: boolean;
  /** It is on the disk, and Kuma has been told so. */
  isWithheld: boolean;
  /** From then on Kuma has stored the heartbeat that a replay is about. */
  storedAt: number;
}

/**
 * A message that Kuma asks about.
 * @param left to whom it is to go
 * @param before what was to be said of the monitor until now
 */
export function pendingOf(
  { outage, ...asked }: Asked,
  {
    left,
    before,
    now,
    answer,
  }: {
    readonly left: readonly string[];
    readonly before: Pending | undefined;
    readonly now: number;
    readonly answer: (verdict: Verdict) => void;
  },
): Pending {
  // Kuma asks again what it had not stored when it died.
  const same = before?.message.kind === asked.kind ? before : undefined;
  const wantedAt = same?.message.wantedAt ?? now;
  return {
    message: { ...asked, notifications: left, outageAt: now - outage, wantedAt, failures: 0 },
    ...{ stage: "asking", hold: { why: "unheard" }, claim: undefined, question: 0, until: 0, answer },
    ...{ asked: asked.notifications, isSaving: false, isWithheld: same?.isWithheld ?? false },
    storedAt: NEVER,
  };
}

/** A message of which Kuma knows that it is withheld. */
export function withheldUntil(
  message: Message,
  { until, storedAt, hold }: Pick<Pending, "until" | "storedAt" | "hold">,
): Pending {
  return {
    ...{ message, stage: "held", hold, claim: undefined, question: 0, until, storedAt },
    ...{ answer: undefined, asked: [], isSaving: false, isWithheld: true },
  };
}

/** Nobody need be told any more. */
export function isParked({ until }: Pending): boolean {
  return until === NEVER;
}

/** Whether it must be on the disk. */
export function isKept({ isSaving, isWithheld }: Pending): boolean {
  return isSaving || isWithheld;
}

/** What others must know of messages that are not sent yet, and of those that are being sent. */
export function onPage(
  pendings: readonly Pending[],
  deliveries: readonly Delivery[],
): Pick<AlertFields, "claims"> & { questions: (Subject & { readonly id: number })[] } {
  const sending = deliveries.map(({ message, claim }) => ({ message, claim, isSending: true }));
  const waiting = pendings.map(({ message, claim }) => ({ message, claim, isSending: false }));
  const claims = [...sending, ...waiting].flatMap(({ message: { monitor, key }, claim, isSending }) =>
    claim === undefined ? [] : { monitor, key, number: claim, isSending },
  );
  const questions = pendings
    .filter(({ question }) => question > 0)
    .map(({ message: { monitor, key }, question: id }) => ({ id, monitor, key }));
  return { claims: claims.slice(0, MOST_CLAIMS), questions };
}

/** A message that is withheld, for people. */
export interface Withheld {
  readonly monitor: number;
  /** The monitor's. */
  readonly name: string;
  readonly kind: "down" | "up";
  /** How long Kuma has wanted to send it, milliseconds. */
  readonly for: number;
  /** Why it is, in words. */
  readonly why: string;
}

export function toWithheld({ message, hold }: Pending, now: number): Withheld {
  const { monitor, name, kind, wantedAt } = message;
  return { monitor, name, kind: stateOf(kind), for: now - wantedAt, why: wordsOf(hold) };
}

function wordsOf(hold: Hold): string {
  switch (hold.why) {
    case "turn":
      return hold.name === "" ? "another message about it is being sent" : `${hold.name} is sending it`;
    case "unheard":
      return "others have not looked yet";
    case "only here":
      return "others say that it is up";
    case "recovery":
      return hold.name === "" ? "it is down again" : `it is still down at ${hold.name}`;
    case "refused":
      return "the provider refused it, it is tried again";
    case "kuma":
      return "Uptime Kuma is not ready";
  }
}
