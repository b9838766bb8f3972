import type { Verdict } from "../kuma/index.ts";
import { decide, type Hold, isLasting, type PeerView, widthOf } from "./decide.ts";
import { createDeliveries, type Deliveries, type Delivery } from "./deliveries.ts";
import { type Ledger, nameOf } from "./ledger.ts";
import { type Message, missingOf, pauseAfter, stateOf } from "./message.ts";
import { NEVER, type Pending, withheldUntil } from "./pending.ts";
import type { DeskParts, Order } from "./types.ts";

/** How long others have for an answer, milliseconds: Kuma's module sends without one two seconds later. */
const QUESTION_LIMIT = 4_000;
/** An instance that was not heard for so long is not waited for, milliseconds. */
const ALIVE_FOR = 60_000;
/** What comes together is looked at together, milliseconds. */
const SOON = 50;
/** How often to look while something is not sent yet, milliseconds. */
const LOOK_EVERY = 2_000;
/** Kuma stores a heartbeat right after its messages; where it does not tell that it has, it has by then, milliseconds. */
export const STORED_AFTER = 60_000;

/** The messages of an instance, from the question on until they are sent or dropped. */
export interface Turns {
  /** By `nameOf`: of a monitor one at a time, the newest. */
  readonly pendings: Map<string, Pending>;
  readonly deliveries: Deliveries;
  /** Kuma, where it is ready. */
  setOrder(order: Order | undefined): void;
  /** Claims its turn, and asks all others. */
  begin(pending: Pending): void;
  drop(pending: Pending): void;
  /** Nobody need be told, but it is not dropped before Kuma has stored that it is up: should it die, it asks again. */
  park(pending: Pending): void;
  /** Answers Kuma. */
  release(pending: Pending, verdict: Verdict): void;
  /** It is tried again, after so many milliseconds. */
  putBack(message: Message, pause: number): void;
  /** Something may have changed: it is looked at soon. */
  news(): void;
  look(): void;
}

export function createTurns(parts: DeskParts, ledger: Ledger): Turns {
  const { rules, ownId, now, after } = parts;
  const pendings = new Map<string, Pending>();
  const deliveries = createDeliveries(now, endDelivery);
  let order: Order | undefined;
  let lastQuestion = 0;
  let isLooking = false;
  let isTicking = false;

  const setOrder = (next: Order | undefined) => {
    order = next;
  };
  return { pendings, deliveries, setOrder, begin, drop, park, release, putBack, news, look };

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
    if (stage === "held" || now() >= until || isAnswered()) settle(pending, peers);
  }

  function settle(pending: Pending, peers: readonly PeerView[]): void {
    const { message, claim, until } = pending;
    const missing = missingOf(message, { ledger, ownId, peers });
    const decision = decide({
      ...{ rules, kind: message.kind, own: { id: ownId, claim }, isMissing: missing.length > 0 },
      ...{ obstacle: obstacleTo(pending), isLate: now() >= until, width: widthOf(message.settles), peers },
      isAcquainted: parts.isAcquainted(),
      outage: now() - message.outageAt,
      wanted: now() - message.wantedAt,
    });
    if (decision.verdict === "drop") drop(pending);
    if (decision.verdict === "hold") hold(pending, decision.hold);
    if (decision.verdict === "claim") begin(pending);
    if (decision.verdict === "send") send(pending, decision.isAlone, missing);
  }

  function obstacleTo({ message, answer, storedAt }: Pending): Hold | undefined {
    if (deliveries.has(message)) return { why: "turn", name: "" };
    if (message.kind === "up" && parts.outageHere(message) > 0) return { why: "recovery", name: "" };
    const canReplay = order !== undefined && now() >= storedAt;
    return answer !== undefined || canReplay ? undefined : { why: "kuma" };
  }

  /** Withholds it: Kuma is answered once it is on the disk. The claim stays only while it waits for its turn. */
  function hold(pending: Pending, reason: Hold): void {
    if (reason.why !== "turn" && pending.claim !== undefined) {
      pending.claim = undefined;
      parts.tell();
    }
    Object.assign(pending, { hold: reason, stage: "held", until: 0 } satisfies Partial<Pending>);
    if (pending.answer === undefined) return;
    pending.isSaving = true;
    parts.save((isSaved) => {
      pending.isSaving = false;
      if (pending.answer === undefined) return;
      if (isSaved) withhold(pending);
      else send(pending, false, pending.message.notifications);
      news();
    });
  }

  function withhold(pending: Pending): void {
    pending.isWithheld = true;
    pending.storedAt = Math.min(pending.storedAt, now() + STORED_AFTER);
    release(pending, { verdict: "withhold" });
  }

  function drop(pending: Pending): void {
    pendings.delete(nameOf(pending.message));
    parts.tell();
    parts.save(() => undefined);
    release(pending, { verdict: "drop" });
  }

  function park(pending: Pending): void {
    Object.assign(pending, { stage: "held", claim: undefined, until: NEVER } satisfies Partial<Pending>);
    release(pending, { verdict: "drop" });
  }

  function release(pending: Pending, verdict: Verdict): void {
    pending.answer?.(verdict);
    pending.answer = undefined;
  }

  // -- Sending -----------------------------------------------------------------------------------------------------

  function send(pending: Pending, isAlone: boolean, missing: readonly string[]): void {
    const { message, question, asked, claim = ledger.next() } = pending;
    const line = parts.describe(message, question, isAlone);
    pendings.delete(nameOf(message));
    parts.tell();
    if (rules.alert === "annotate") {
      release(pending, { verdict: "send", line, except: [] });
      return;
    }
    const delivery: Delivery = {
      ...{ message: { ...message, notifications: missing }, claim, number: ledger.next(), line },
      // That one alone has it down for long says nothing of outages that begin now.
      at: isAlone ? message.outageAt : now(),
      isReplay: pending.answer === undefined,
    };
    deliveries.start(delivery);
    if (delivery.isReplay)
      order?.(message.monitor, stateOf(message.kind), (result) => deliveries.replayed(delivery, result));
    else release(pending, { verdict: "send", line, except: asked.filter((each) => !missing.includes(each)) });
  }

  function endDelivery({ message }: Delivery, failed: readonly string[]): void {
    parts.tell();
    if (failed.length === 0) parts.save(() => undefined);
    else putBack({ ...message, notifications: failed, failures: message.failures + 1 }, pauseAfter(message));
    news();
  }

  function putBack(message: Message, pause: number): void {
    const current = pendings.get(nameOf(message));
    if (current?.message.kind === "up" && message.kind === "down") {
      const left = current.message.notifications.filter((each) => !message.notifications.includes(each));
      current.message = { ...current.message, notifications: left };
      if (left.length === 0) park(current);
    }
    if (current !== undefined || !isLasting(message.kind)) return;
    const times = { until: now() + pause, storedAt: now() + STORED_AFTER };
    pendings.set(nameOf(message), withheldUntil(message, { ...times, hold: { why: "refused" } }));
    parts.save(() => undefined);
  }
}
