import { type PeerView, widthOf } from "./decide.ts";
import type { Ledger, Subject, Told } from "./ledger.ts";

/** "again": it is still down. "expiry": a certificate or a domain ends; its subject's key is that of the words. */
export type Kind = "down" | "again" | "up" | "expiry";

/** What Kuma wants to tell people. Times are by the steady clock. */
export interface Message extends Subject {
  /** The monitor's. */
  readonly name: string;
  readonly kind: Kind;
  /** To whom, by hash. */
  readonly notifications: readonly string[];
  /** When the outage began here that it is about. */
  readonly outageAt: number;
  /** When Kuma wanted to send it. */
  readonly wantedAt: number;
  /** How long it takes until Kuma says down, milliseconds. */
  readonly settles: number;
  /** How often it was refused. */
  readonly failures: number;
}

/** After the provider has refused, doubling up to the longest, milliseconds. */
const FIRST_RETRY = 15_000;
const LONGEST_RETRY = 5 * 60_000;
/** Kuma looks at certificates once a day: what was told so short a time ago is the same, milliseconds. */
const EXPIRY_WIDTH = 36 * 3_600_000;

export function stateOf(kind: Kind): "down" | "up" {
  return kind === "up" ? "up" : "down";
}

/** How long to wait before it is tried again. */
export function pauseAfter({ failures }: Message): number {
  return Math.min(FIRST_RETRY * 2 ** failures, LONGEST_RETRY);
}

/** Those that have not been told, by nobody. */
export function missingOf(
  message: Message,
  {
    ledger,
    ownId,
    peers,
  }: { readonly ledger: Ledger; readonly ownId: string; readonly peers: readonly PeerView[] },
): string[] {
  return message.notifications.filter((notification) => {
    const told = ledger.find(message, notification);
    return told === undefined || !covers(told, message, told.by === ownId || !isDownAt(told.by));
  });

  function isDownAt(teller: string): boolean {
    const state = peers.find(({ id }) => id === teller)?.says.state;
    return state === "down" || state === "down before";
  }
}

/** @param isOwn whoever told it is this instance, or does not say again that it is down */
function covers(told: Told, message: Message, isOwn: boolean): boolean {
  switch (message.kind) {
    case "down":
      // What was told long before this outage began is about another one, even if nobody has said that it is over.
      return told.state === "down" && message.outageAt <= told.at + widthOf(message.settles);
    case "up":
      // What was said before it was up here was said of others.
      return told.state === "up" && told.at >= message.wantedAt;
    case "expiry":
      return message.wantedAt <= told.at + EXPIRY_WIDTH;
    case "again":
      return told.state === "down" && !isOwn;
  }
}
