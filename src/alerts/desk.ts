import type { Question, ReplayResult, Verdict } from "../kuma/index.ts";
import { type AlertRules, type Decision, decide, type Hold, type PeerView, whoPrecedes, widthOf } from "./decide.ts";
import { type AlertFields, createLedger, type Subject } from "./ledger.ts";
import { createDeliveries, type Delivery } from "./deliveries.ts";
import { type Message, missingOf, nameOf, pauseAfter, stateOf } from "./message.ts";
import type { Kept, Pending } from "./pending.ts";

/** How long others have for an answer, milliseconds: Kuma's module sends without one a second later. */
const QUESTION_LIMIT = 4_000;
/** An instance that was not heard for so long is not waited for, milliseconds. */
const ALIVE_FOR = 60_000;
/** What comes together is looked at together, milliseconds. */
const SOON = 50;
/** How often to look while something is not sent yet, milliseconds. */
const LOOK_EVERY = 2_000;
/** Kuma stores a heartbeat right after its messages; where it does not tell that it has, it has by then, milliseconds. */
const STORED_AFTER = 60_000;
/** Claims that a page names. */
const MOST_CLAIMS = 500;

export interface DeskParts {
  readonly rules: AlertRules;
  readonly ownId: string;
  readonly kept: Kept;
  readonly now: () => number;
  /** Calls once, after so many milliseconds; not at all after a shutdown. */
  readonly after: (milliseconds: number, then: () => void) => void;
  /** What others say about a monitor; by the question of this instance that is open about it. */
  readonly peersOn: (subject: Subject, question: number) => readonly PeerView[];
  /** Whether it is down here. */
  readonly isDownHere: (subject: Subject) => boolean;
  /** Everybody who can be reached has been heard since the start. */
  readonly isAcquainted: () => boolean;
  /** Who agrees, in words. @param isAlone nobody has, for as long as the rules say */
  readonly describe: (message: Message, question: number, isAlone: boolean) => string;
  /** What others must hear at once has changed. */
  readonly tell: () => void;
  /** Writes what `keep` gives to the disk. @param done told once it is there, and whether it is */
  readonly save: (done: (isSaved: boolean) => void) => void;
}

/** A message that is withheld, for people. */
export interface Withheld extends Pick<Message, "monitor" | "name" | "wantedAt"> {
  readonly kind: "down" | "up";
  readonly hold: Hold;
}

/**
 * Decides about the messages of one instance (REPLICATOR_ALERT=once and quorum). It does no I/O, knows no clock but the
 * one that it is given, and answers by callbacks, so that a model can run many of them in one thread
 * (test/alerts/model.ts).
 *
 * A message is dropped only on proof that somebody has sent it. Who wants to send claims it: with a number larger than
 * all that it has heard of, on its page, together with a question to all. Whoever answers knows of the claim, and has
 * shown its own; so of two at most one goes on, the one with the smaller number, and it stays the smaller one.
 */
export interface Desk {
  /** @param outage how long ago the outage began here, milliseconds */
  ask(question: Asked, key: string, outage: number, answer: (verdict: Verdict) => void): void;
  report(question: Asked, key: string, notification: string, isSent: boolean): void;
  /** Kuma has stored a heartbeat. */
  stored(subject: Subject, state: "down" | "up" | "pending" | "not watched"): void;
  /** @param replay of a Kuma that is ready; undefined: there is none */
  setKuma(replay: Order | undefined): void;
  /** Kuma is about to end: what it waits for is decided now. */
  hurry(): void;
  /** A page of another instance is new. */
  hear(page: AlertFields & { readonly id: string }, madeAt: number): void;
  /** Others have said something, or a check has found something. */
  news(): void;
  /** What this instance says on its page. */
  page(): AlertFields & { readonly questions: readonly (Subject & { readonly id: number })[] };
  keep(): Kept;
  withheld(): readonly Withheld[];
}

type Asked = Exclude<Question, { kind: "expiry" }>;

/** Has Kuma send its message about a monitor's latest heartbeat. */
type Order = (monitor: number, kind: "down" | "up", done: (result: ReplayResult) => void) => void;

export function createDesk(parts: DeskParts): Desk {
  const { rules, ownId, now, after } = parts;
  const ledger = createLedger(parts.kept);
  /** By `nameOf`: of a monitor one at a time, the newest. */
  const pendings = new Map<string, Pending>();
  const deliveries = createDeliveries(now, endDelivery);
  let replay: Order | undefined;
  let lastQuestion = 0;
  let isLooking = false;
  let isTicking = false;
  for (const message of parts.kept.withheld)
    pendings.set(nameOf(message), {
      ...{ message, stage: "held", hold: { why: "kuma" }, claim: undefined, question: 0, until: 0 },
      ...{ answer: undefined, asked: [], isSaving: false, isWithheld: true, storedAt: now() + STORED_AFTER },
    });

  return {
    ask,
    report,
    stored,
    setKuma,
    hurry: () => {
      for (const pending of pendings.values()) if (pending.stage === "asking") pending.until = now();
      look();
    },
    hear: ledger.hear,
    news,
    page,
    keep: () => ({
      clock: ledger.clock,
      told: ledger.list(now()),
      withheld: [
        ...[...pendings.values()]
          .filter(({ isSaving, isWithheld }) => isSaving || isWithheld)
          .map(({ message }) => message),
        ...deliveries
          .list()
          .filter(({ isReplay }) => isReplay)
          .map(({ message }) => message),
      ],
    }),
    withheld: () =>
      [...pendings.values()]
        .filter(({ isWithheld }) => isWithheld)
        .map(({ message: { monitor, name, kind, wantedAt }, hold }) => ({
          ...{ monitor, name, wantedAt, hold },
          kind: stateOf(kind),
        })),
  };

  // -- Kuma asks and reports ---------------------------------------------------------------------------------------

  function ask(question: Asked, key: string, outage: number, answer: (verdict: Verdict) => void): void {
    const { kind, beat, notifications } = question;
    const subject = { monitor: beat.id, key };
    const name = nameOf(subject);
    if (question.isReplay) return answer(deliveries.answerReplay(subject, kind, notifications));
    if (rules.alert === "each" || (notifications.length === 0 && rules.alert !== "annotate"))
      return answer({ verdict: "send", line: undefined, except: [] });
    const before = pendings.get(name);
    if (kind === "again" && (before !== undefined || deliveries.has(subject))) return answer({ verdict: "drop" });
    const goesOn = before?.message.kind === kind;
    if (before !== undefined) release(before, { verdict: "drop" });
    const neverTold = kind === "up" && before?.message.kind === "down" ? before.message.notifications : [];
    const left = notifications.filter((each) => !neverTold.includes(each));
    if (neverTold.length > 0 && left.length === 0) {
      remove(name);
      return answer({ verdict: "drop" });
    }
    const pending: Pending = {
      message: {
        ...subject,
        ...{ name: beat.name, kind, notifications: left, failures: 0 },
        outageAt: now() - outage,
        wantedAt: goesOn ? before.message.wantedAt : now(),
        settles: beat.settles ?? 2 * beat.every,
      },
      ...{ stage: "asking", hold: { why: "unheard" }, claim: undefined, question: 0, until: 0, answer },
      ...{ asked: notifications, isSaving: false, isWithheld: goesOn && before.isWithheld, storedAt: Number.POSITIVE_INFINITY },
    };
    pendings.set(name, pending);
    begin(pending);
  }

  function report({ kind, beat }: Asked, key: string, notification: string, isSent: boolean): void {
    const subject = { monitor: beat.id, key };
    const state = stateOf(kind);
    const delivery = deliveries.report(subject, state, notification, isSent);
    if (isSent) {
      const { number, at } = delivery ?? { number: ledger.next(), at: now() };
      ledger.note({ ...subject, notification, state, number, by: ownId, at });
      parts.tell();
      parts.save(() => undefined);
    }
    deliveries.endReported();
    news();
  }

  function stored(subject: Subject, state: "down" | "up" | "pending" | "not watched"): void {
    const pending = pendings.get(nameOf(subject));
    if (pending === undefined) return;
    // From maintenance on Kuma says anew that it is down, and never that it is up.
    if (state === "not watched" && pending.message.kind === "down") return remove(nameOf(subject));
    if (state === stateOf(pending.message.kind)) pending.storedAt = Math.min(pending.storedAt, now());
  }

  function setKuma(next: Order | undefined): void {
    if (next === undefined) {
      // What it has not stored it asks again after its start.
      for (const [name, { answer, isWithheld }] of pendings) if (answer && !isWithheld) pendings.delete(name);
      for (const pending of pendings.values()) pending.answer = undefined;
      for (const { message } of deliveries.abandon()) putBack(message, 0);
      if (replay !== undefined) parts.tell();
    }
    replay = next;
    news();
  }

  // -- Looking -----------------------------------------------------------------------------------------------------

  function news(): void {
    if (isLooking || pendings.size + deliveries.size === 0) return;
    isLooking = true;
    after(SOON, () => {
      isLooking = false;
      look();
    });
  }

  function look(): void {
    deliveries.endReported();
    for (const pending of [...pendings.values()]) step(pending);
    if (isTicking || pendings.size + deliveries.size === 0) return;
    isTicking = true;
    after(LOOK_EVERY, () => {
      isTicking = false;
      // Who is before this one must be heard of, or it counts as dead.
      if ([...pendings.values()].some(({ hold, claim }) => hold.why === "turn" && claim !== undefined))
        parts.tell();
      look();
    });
  }

  /** Claims its turn, and asks all others. */
  function begin(pending: Pending): void {
    lastQuestion += 1;
    pending.stage = "asking";
    pending.claim = ledger.next();
    pending.question = lastQuestion;
    pending.until = now() + QUESTION_LIMIT;
    parts.tell();
    step(pending);
    news();
  }

  function step(pending: Pending): void {
    const { message, stage, until, isSaving } = pending;
    if (isSaving || (stage === "held" && now() < until)) return;
    const peers = parts.peersOn(message, pending.question);
    const isAnswered = () =>
      parts.isAcquainted() && peers.every(({ hasAnswered, heard }) => hasAnswered || heard > ALIVE_FOR);
    if (stage === "asking" && now() < until && !isAnswered()) return;
    settle(pending, peers);
  }

  function settle(pending: Pending, peers: readonly PeerView[]): void {
    const { message, claim } = pending;
    const missing = missingOf(message, { ledger, ownId, peers });
    const decision = judge(pending, peers, missing.length > 0);
    if (decision.verdict === "drop") return drop(pending);
    const other =
      claim === undefined || rules.alert === "annotate" ? undefined : whoPrecedes(peers, { id: ownId, claim });
    if (message.kind === "again" && (decision.verdict === "hold" || other !== undefined)) return drop(pending);
    if (decision.verdict === "hold") return hold(pending, decision.hold);
    if (claim === undefined) return begin(pending);
    if (other === undefined) return send(pending, decision.isAlone, missing);
    pending.hold = { why: "turn", name: other.name };
    withhold(pending);
  }

  function judge({ message, answer, storedAt }: Pending, peers: readonly PeerView[], isMissing: boolean): Decision {
    if (rules.alert === "annotate") return { verdict: "go", isAlone: false };
    const decision = decide({
      ...{ rules, kind: message.kind, isMissing, peers, width: widthOf(message.settles) },
      outage: now() - message.outageAt,
      wanted: now() - message.wantedAt,
    });
    if (decision.verdict !== "go") return decision;
    if (deliveries.has(message)) return { verdict: "hold", hold: { why: "turn", name: "" } };
    if (message.kind === "up" && parts.isDownHere(message))
      return { verdict: "hold", hold: { why: "recovery", name: "" } };
    if (answer === undefined && (replay === undefined || now() < storedAt))
      return { verdict: "hold", hold: { why: "kuma" } };
    return decision;
  }

  /** Others may go first. */
  function hold(pending: Pending, reason: Hold): void {
    const hadClaim = pending.claim !== undefined;
    pending.claim = undefined;
    pending.hold = reason;
    if (hadClaim) parts.tell();
    withhold(pending);
  }

  /** Kuma is answered once it is on the disk. */
  function withhold(pending: Pending): void {
    pending.stage = "held";
    if (pending.answer === undefined) return;
    pending.isSaving = true;
    parts.save((isSaved) => {
      pending.isSaving = false;
      if (pending.answer === undefined) return;
      if (!isSaved) return send(pending, false, pending.message.notifications);
      pending.isWithheld = true;
      release(pending, { verdict: "withhold" });
      news();
    });
  }

  function drop(pending: Pending): void {
    remove(nameOf(pending.message));
    release(pending, { verdict: "drop" });
  }

  function release(pending: Pending, verdict: Verdict): void {
    pending.answer?.(verdict);
    pending.answer = undefined;
  }

  function remove(name: string): void {
    const pending = pendings.get(name);
    pendings.delete(name);
    parts.tell();
    if (pending?.isWithheld) parts.save(() => undefined);
  }

  // -- Sending -----------------------------------------------------------------------------------------------------

  function send(pending: Pending, isAlone: boolean, missing: readonly string[]): void {
    const { message, question, asked, claim = ledger.next() } = pending;
    const { kind } = message;
    const line = parts.describe(message, question, isAlone);
    const except = asked.filter((each) => !missing.includes(each));
    pendings.delete(nameOf(message));
    parts.tell();
    if (rules.alert === "annotate") return release(pending, { verdict: "send", line, except });
    const delivery: Delivery = {
      ...{ message: { ...message, notifications: missing }, claim, number: ledger.next(), line },
      // That it is still down, or that one instance alone has it down for long, says nothing of outages that begin now.
      at: kind === "again" || isAlone ? message.outageAt : now(),
      isReplay: pending.answer === undefined,
    };
    deliveries.start(delivery);
    if (!delivery.isReplay) return release(pending, { verdict: "send", line, except });
    replay?.(message.monitor, stateOf(kind), (result) => {
      deliveries.replayed(delivery, result);
      news();
    });
  }

  function endDelivery({ message }: Delivery, failed: readonly string[]): void {
    parts.tell();
    if (failed.length > 0) putBack({ ...message, notifications: failed, failures: message.failures + 1 }, pauseAfter(message));
    else parts.save(() => undefined);
  }

  /** It is tried again, after so many milliseconds. */
  function putBack(message: Message, pause: number): void {
    const current = pendings.get(nameOf(message));
    if (current?.message.kind === "up" && message.kind === "down") {
      // Whoever was not told that it is down need not hear that it is up.
      const left = current.message.notifications.filter((each) => !message.notifications.includes(each));
      current.message = { ...current.message, notifications: left };
    }
    if (current !== undefined || message.kind === "again") return;
    pendings.set(nameOf(message), {
      ...{ message, stage: "held", hold: { why: "refused" }, claim: undefined, question: 0 },
      ...{ until: now() + pause, answer: undefined, asked: [], isSaving: false, isWithheld: true },
      storedAt: now() + STORED_AFTER,
    });
    parts.save(() => undefined);
  }

  // -- On the page -------------------------------------------------------------------------------------------------

  function page(): ReturnType<Desk["page"]> {
    const open = [...pendings.values()].filter(({ question }) => question > 0);
    return {
      clock: ledger.clock,
      claims: [
        ...deliveries.list().map(({ message, claim: number }) => ({ message, number, isSending: true })),
        ...open.flatMap(({ message, claim: number }) =>
          number === undefined ? [] : { message, number, isSending: false },
        ),
      ]
        .slice(0, MOST_CLAIMS)
        .map(({ message: { monitor, key }, ...claim }) => ({ monitor, key, ...claim })),
      told: ledger.told(ownId, now()),
      questions: open.map(({ message: { monitor, key }, question: id }) => ({ id, monitor, key })),
    };
  }
}
