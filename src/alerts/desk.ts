import type { Verdict } from "../kuma/index.ts";
import { createLedger, nameOf, type Subject } from "./ledger.ts";
import { type Kind, stateOf } from "./message.ts";
import { isKept, isParked, onPage, type Pending, pendingOf, toWithheld, withheldUntil } from "./pending.ts";
import { createTurns, STORED_AFTER } from "./turns.ts";
import type { Asked, Desk, DeskParts, Order } from "./types.ts";

const DROP: Verdict = { verdict: "drop" };

/** See `Desk`. */
export function createDesk(parts: DeskParts): Desk {
  const { rules, ownId, now } = parts;
  const ledger = createLedger(parts.kept, now);
  const turns = createTurns(parts, ledger);
  const { pendings, deliveries } = turns;
  for (const message of parts.kept.withheld) {
    const times = { until: 0, storedAt: now() + STORED_AFTER };
    pendings.set(nameOf(message), withheldUntil(message, { ...times, hold: { why: "kuma" } }));
  }

  return {
    ask,
    askReplay: deliveries.answerReplay,
    report,
    stored,
    setKuma,
    hurry,
    hear: ledger.hear,
    news: turns.news,
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

  function ask(asked: Asked, answer: (verdict: Verdict) => void): void {
    const { kind } = asked;
    const before = pendings.get(nameOf(asked));
    if (rules.alert === "each") answer({ verdict: "send", line: undefined, except: [] });
    // What is still to be told need not be told again.
    else if (kind === "again" && (before !== undefined || deliveries.has(asked))) answer(DROP);
    else start(asked, before, answer);
  }

  function start(asked: Asked, before: Pending | undefined, answer: (verdict: Verdict) => void): void {
    const left = asked.kind === "up" ? toBeTold(asked.notifications, before) : asked.notifications;
    if (before !== undefined && left.length === 0) {
      turns.park(before);
      answer(DROP);
      return;
    }
    if (before !== undefined) turns.drop(before);
    const pending = pendingOf(asked, { left, before, now: now(), answer });
    pendings.set(nameOf(asked), pending);
    turns.begin(pending);
  }

  function report(subject: Subject, kind: Kind, notification: string, isSent: boolean): void {
    const { monitor, key } = subject;
    const state = stateOf(kind);
    const delivery = deliveries.report(subject, state, notification, isSent);
    if (isSent) {
      const { number, at } = delivery ?? { number: ledger.next(), at: now() };
      const told = { monitor, key, notification, state, number, by: ownId };
      ledger.note({ ...told, at: kind === "again" ? firstTold(subject, notification) : at });
      parts.tell();
      parts.save(() => undefined);
    }
    const pending = pendings.get(nameOf(subject));
    if (delivery === undefined && pending?.answer !== undefined && pending.message.kind === kind) {
      // Kuma has sent it without an answer: what has failed is tried again.
      turns.release(pending, { verdict: "withhold" });
      Object.assign(pending, { isWithheld: true, storedAt: now() + STORED_AFTER } satisfies Partial<Pending>);
      parts.save(() => undefined);
    }
    deliveries.endReported();
    turns.news();
  }

  /** That it is still down says nothing of outages that began after it was told first. */
  function firstTold(subject: Subject, notification: string): number {
    const told = ledger.find(subject, notification);
    return told?.state === "down" ? told.at : now() - parts.outageHere(subject);
  }

  function stored(subject: Subject, state: "down" | "up" | "pending" | "not watched"): void {
    const pending = pendings.get(nameOf(subject));
    if (pending === undefined) return;
    const { message, answer } = pending;
    // From maintenance on Kuma says anew that it is down. And up without a question: it never stored that it was down.
    const isOver = state === "not watched" || state === "up";
    if (answer === undefined && isOver && (message.kind === "down" || isParked(pending))) turns.drop(pending);
    if (state === stateOf(message.kind)) pending.storedAt = Math.min(pending.storedAt, now());
  }

  function setKuma(order: Order | undefined): void {
    turns.setOrder(order);
    turns.news();
    if (order !== undefined) return;
    for (const [name, pending] of pendings) {
      // What it has not stored it asks again after its start.
      if (!pending.isWithheld) pendings.delete(name);
      pending.answer = undefined;
    }
    for (const { message } of deliveries.abandon()) turns.putBack(message, 0);
    parts.tell();
  }

  function hurry(): void {
    if (rules.alert !== "annotate") return;
    for (const pending of pendings.values()) pending.until = now();
    turns.look();
  }
}

/** Whoever was not told that it is down need not hear that it is up. */
function toBeTold(notifications: readonly string[], before: Pending | undefined): readonly string[] {
  if (before === undefined) return notifications;
  const { kind, notifications: waiting } = before.message;
  return notifications.filter((each) => waiting.includes(each) === (kind === "up"));
}
