import type { Verdict } from "../kuma/index.ts";
import { type Decision, decide, type Hold, type PeerView, whoPrecedes, widthOf } from "./decide.ts";
import { createDeliveries, type Delivery } from "./deliveries.ts";
import { createLedger, type Subject } from "./ledger.ts";
import { type Kind, type Message, missingOf, nameOf, pauseAfter, stateOf } from "./message.ts";
import { isKept, onPage, type Pending, toWithheld, withheldUntil } from "./pending.ts";
import type { Asked, Desk, DeskParts, Order } from "./types.ts";

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
    pendings.set(nameOf(message), withheldUntil(message, { until: 0, storedAt: now() + STORED_AFTER, hold: { why: "kuma" } }));

  return {
    ask,
    askReplay: (asked) => deliveries.answerReplay(asked),
    report,
    stored,
    setKuma,
    hurry: () => {
      if (rules.alert !== "annotate") return;
      for (const pending of pendings.values()) if (pending.stage === "asking") pending.until = now();
      look();
    },
    hear: ledger.hear,
    news,
    page: () => ({
      ...{ clock: ledger.clock, told: ledger.told(ownId, now()) },
      ...onPage([...pendings.values()], deliveries.list()),
    }),
    keep: () => ({
      ...{ clock: ledger.clock, told: ledger.list(now()) },
      withheld: [
        ...[...pendings.values()].filter(isKept),
        ...deliveries.list().filter(({ isReplay }) => isReplay),
      ].map(({ message }) => message),
    }),
    withheld: () =>
      [...pendings.values()].filter(({ isWithheld }) => isWithheld).map((each) => toWithheld(each, now())),
  };

  // -- Kuma asks and reports ---------------------------------------------------------------------------------------

  function ask({ outage, ...asked }: Asked, answer: (verdict: Verdict) => void): void {
    const { kind, notifications } = asked;
    if (rules.alert === "each") return answer({ verdict: "send", line: undefined, except: [] });
    const before = pendings.get(nameOf(asked));
    // What is still to be told need not be told again.
    if (kind === "again" && (before !== undefined || deliveries.has(asked))) return answer({ verdict: "drop" });
    const goesOn = before?.message.kind === kind;
    // Whoever was not told that it is down need not hear that it is up.
    const neverTold = kind === "up" && before?.message.kind === "down" ? before.message.notifications : [];
    const left = notifications.filter((each) => !neverTold.includes(each));
    if (before !== undefined) drop(before);
    if (neverTold.length > 0 && left.length === 0) return answer({ verdict: "drop" });
    const wantedAt = goesOn ? before.message.wantedAt : now();
    const pending: Pending = {
      message: { ...asked, notifications: left, outageAt: now() - outage, wantedAt, failures: 0 },
      ...{ stage: "asking", hold: { why: "unheard" }, claim: undefined, question: 0, until: 0 },
      ...{ answer, asked: notifications, isSaving: false, isWithheld: goesOn && before.isWithheld },
      storedAt: Number.POSITIVE_INFINITY,
    };
    pendings.set(nameOf(asked), pending);
    begin(pending);
  }

  function report(subject: Subject, kind: Kind, notification: string, isSent: boolean): void {
    const { monitor, key } = subject;
    const state = stateOf(kind);
    const delivery = deliveries.report(subject, state, notification, isSent);
    if (isSent) {
      const { number, at } = delivery ?? { number: ledger.next(), at: now() };
      ledger.note({ monitor, key, notification, state, number, by: ownId, at });
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
    if (state === "not watched" && pending.message.kind === "down") return drop(pending);
    if (state === stateOf(pending.message.kind)) pending.storedAt = Math.min(pending.storedAt, now());
  }

  function setKuma(next: Order | undefined): void {
    replay = next;
    news();
    if (next !== undefined) return;
    for (const [name, pending] of pendings) {
      // What it has not stored it asks again after its start.
      if (!pending.isWithheld) pendings.delete(name);
      pending.answer = undefined;
    }
    for (const { message } of deliveries.abandon()) putBack(message, 0);
    parts.tell();
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
      if ([...pendings.values()].some(({ claim }) => claim !== undefined)) parts.tell();
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
    const isBrief = message.kind === "again" || message.kind === "expiry";
    const missing = missingOf(message, { ledger, ownId, peers });
    const decision = judge(pending, peers, missing.length > 0);
    if (decision.verdict === "drop") return drop(pending);
    if (decision.verdict === "hold") return isBrief ? drop(pending) : hold(pending, decision.hold);
    if (claim === undefined) return begin(pending);
    const other = rules.alert === "annotate" ? undefined : whoPrecedes(peers, { id: ownId, claim });
    if (other === undefined) return send(pending, decision.isAlone, missing);
    if (!isBrief) return hold(pending, { why: "turn", name: other.name });
    // These are not withheld, for Kuma says them anew: sent in the end, rather than not at all.
    if (now() >= pending.until) send(pending, decision.isAlone, missing);
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

  /** Withholds it: Kuma is answered once it is on the disk. The claim stays only while it waits for its turn. */
  function hold(pending: Pending, reason: Hold): void {
    const { answer } = pending;
    if (reason.why !== "turn" && pending.claim !== undefined) {
      pending.claim = undefined;
      parts.tell();
    }
    pending.hold = reason;
    pending.stage = "held";
    pending.until = 0;
    if (answer === undefined) return;
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
    pendings.delete(nameOf(pending.message));
    parts.tell();
    parts.save(() => undefined);
    release(pending, { verdict: "drop" });
  }

  function release(pending: Pending, verdict: Verdict): void {
    pending.answer?.(verdict);
    pending.answer = undefined;
  }

  // -- Sending -----------------------------------------------------------------------------------------------------

  function send(pending: Pending, isAlone: boolean, missing: readonly string[]): void {
    const { message, question, asked, claim = ledger.next() } = pending;
    const { kind, outageAt } = message;
    const line = parts.describe(message, question, isAlone);
    const except = asked.filter((each) => !missing.includes(each));
    pendings.delete(nameOf(message));
    parts.tell();
    if (rules.alert === "annotate") return release(pending, { verdict: "send", line, except: [] });
    const delivery: Delivery = {
      ...{ message: { ...message, notifications: missing }, claim, number: ledger.next(), line },
      // That it is still down, or that one alone has it down for long, says nothing of outages that begin now.
      at: kind === "again" || isAlone ? outageAt : now(),
      isReplay: pending.answer === undefined,
    };
    deliveries.start(delivery);
    if (!delivery.isReplay) return release(pending, { verdict: "send", line, except });
    replay?.(message.monitor, stateOf(kind), (result) => deliveries.replayed(delivery, result));
  }

  function endDelivery({ message }: Delivery, failed: readonly string[]): void {
    parts.tell();
    if (failed.length === 0) parts.save(() => undefined);
    else putBack({ ...message, notifications: failed, failures: message.failures + 1 }, pauseAfter(message));
    news();
  }

  /** It is tried again, after so many milliseconds. */
  function putBack(message: Message, pause: number): void {
    const current = pendings.get(nameOf(message));
    if (current?.message.kind === "up" && message.kind === "down") {
      const left = current.message.notifications.filter((each) => !message.notifications.includes(each));
      current.message = { ...current.message, notifications: left };
    }
    if (current !== undefined || message.kind === "again" || message.kind === "expiry") return;
    const times = { until: now() + pause, storedAt: now() + STORED_AFTER };
    pendings.set(nameOf(message), withheldUntil(message, { ...times, hold: { why: "refused" } }));
    parts.save(() => undefined);
  }
}
