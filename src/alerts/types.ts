import type { ReplayResult, Verdict } from "../kuma/index.ts";
import type { AlertRules, PeerView } from "./decide.ts";
import type { AlertFields, Subject } from "./ledger.ts";
import type { Kind, Message } from "./message.ts";
import type { Kept, Withheld } from "./pending.ts";

export interface DeskParts {
  readonly rules: AlertRules;
  readonly ownId: string;
  readonly kept: Pick<Kept, "clock" | "told" | "withheld">;
  readonly now: () => number;
  /** Calls once, after so many milliseconds; not at all after a shutdown. */
  readonly after: (milliseconds: number, then: () => void) => void;
  /** What others say about a monitor, by the question of this instance that is open about it. */
  readonly peersOn: (subject: Subject, question: number) => readonly PeerView[];
  /** How long it has been down here, milliseconds; 0: it is not. */
  readonly outageHere: (subject: Subject) => number;
  /** Whoever else there is has been heard since the start. */
  readonly isAcquainted: () => boolean;
  /** Who agrees, in words. @param isAlone nobody has, for as long as the rules say */
  readonly describe: (message: Message, question: number, isAlone: boolean) => string | undefined;
  /** What others must hear at once has changed. */
  readonly tell: () => void;
  /** Writes what `keep` gives to the disk. @param done told once it is there, and whether it is */
  readonly save: (done: (isSaved: boolean) => void) => void;
}

/** A message that Kuma is about to send. */
export interface Asked extends Subject, Pick<Message, "kind" | "name" | "notifications" | "settles"> {
  /** How long ago the outage began here, milliseconds. */
  readonly outage: number;
}

/** Has Kuma send its message about a monitor's latest heartbeat. */
export type Order = (monitor: number, kind: "down" | "up", done: (result: ReplayResult) => void) => void;

/**
 * Decides about the messages of one instance. It does no I/O, knows no clock but the one that it is given, and answers
 * by callbacks, so that a model runs many of them in one thread (test/alerts/).
 *
 * A message is dropped only on proof that somebody has sent it. Who wants to send claims it: with a number larger than
 * all that it has heard of, on its page, together with a question to all. Whoever answers knows of the claim, and has
 * shown its own; so of two at most one goes on, the one with the smaller number, and it stays the smaller one.
 */
export interface Desk {
  ask(asked: Asked, answer: (verdict: Verdict) => void): void;
  /** Kuma does what it was ordered to. */
  askReplay(asked: Pick<Asked, keyof Subject | "kind" | "notifications">): Verdict;
  report(subject: Subject, kind: Kind, notification: string, isSent: boolean): void;
  /** Kuma has stored a heartbeat. */
  stored(subject: Subject, state: "down" | "up" | "pending" | "not watched"): void;
  /** @param replay of a Kuma that is ready; undefined: there is none */
  setKuma(replay: Order | undefined): void;
  /** Kuma is about to end: its messages go as they are, but for those that it would ask again after its start. */
  hurry(): void;
  /** A page of another instance is new. @param madeAt when it was made, by the steady clock here */
  hear(page: AlertFields & { readonly id: string }, madeAt: number): void;
  /** Others have said something, or a check has found something. */
  news(): void;
  /** What this instance says on its page. */
  page(): AlertFields & { readonly questions: (Subject & { readonly id: number })[] };
  keep(): DeskParts["kept"];
  withheld(): readonly Withheld[];
}
