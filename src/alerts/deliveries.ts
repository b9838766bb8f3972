import type { ReplayResult, Verdict } from "../kuma/index.ts";
import { nameOf, type Subject } from "./ledger.ts";
import { type Message, stateOf } from "./message.ts";

/** A provider that says nothing for so long has failed, milliseconds. */
const SEND_LIMIT = 2 * 60_000;

/** A message that Kuma is sending. */
export interface Delivery {
  /** To those alone that have not been told. */
  readonly message: Message;
  readonly claim: number;
  /** The number of what is told by it. */
  readonly number: number;
  /** Outages that began until about then are told with it. */
  readonly at: number;
  readonly line: string | undefined;
  /** The supervisor has ordered it; else Kuma asks again after a start what it has not sent. */
  readonly isReplay: boolean;
}

interface Running extends Delivery {
  limit: number;
  readonly waiting: Set<string>;
  readonly refused: Set<string>;
}

/** What Kuma is sending: of a monitor one message at a time. */
export interface Deliveries {
  readonly size: number;
  has(subject: Subject): boolean;
  start(delivery: Delivery): void;
  /** @param asked what Kuma is about to send, and all to whom it would go */
  answerReplay(asked: Pick<Message, keyof Subject | "kind" | "notifications">): Verdict;
  /** @returns the delivery that it belongs to */
  report(subject: Subject, state: "down" | "up", notification: string, isSent: boolean): Delivery | undefined;
  replayed(delivery: Delivery, result: ReplayResult): void;
  /** Ends those of which all is known, or whose provider has said nothing for too long. */
  endReported(): void;
  /** Kuma is gone. @returns those to be ordered anew */
  abandon(): readonly Delivery[];
  list(): readonly Delivery[];
}

/** @param onEnd told who has not been reached */
export function createDeliveries(
  now: () => number,
  onEnd: (delivery: Delivery, failed: readonly string[]) => void,
): Deliveries {
  const running = new Map<string, Running>();

  function end(delivery: Running): void {
    running.delete(nameOf(delivery.message));
    onEnd(delivery, [...delivery.refused, ...delivery.waiting]);
  }

  return {
    get size() {
      return running.size;
    },
    has: (subject) => running.has(nameOf(subject)),
    start: (delivery) => {
      running.set(nameOf(delivery.message), {
        ...delivery,
        limit: now() + SEND_LIMIT,
        waiting: new Set(delivery.message.notifications),
        refused: new Set(),
      });
    },
    answerReplay: (asked) => {
      const delivery = running.get(nameOf(asked));
      if (!delivery?.isReplay || delivery.message.kind !== asked.kind) return { verdict: "drop" };
      const except = asked.notifications.filter((each) => !delivery.waiting.has(each));
      return { verdict: "send", line: delivery.line, except };
    },
    report: (subject, state, notification, isSent) => {
      const delivery = running.get(nameOf(subject));
      if (delivery === undefined || stateOf(delivery.message.kind) !== state) return undefined;
      if (delivery.waiting.delete(notification) && !isSent) delivery.refused.add(notification);
      delivery.limit = now() + SEND_LIMIT;
      return delivery;
    },
    endReported: () => {
      for (const delivery of running.values())
        if (delivery.waiting.size === 0 || now() > delivery.limit) end(delivery);
    },
    replayed: (delivery, result) => {
      const current = running.get(nameOf(delivery.message));
      if (current?.number !== delivery.number) return;
      // Whoever was not handed it has no such notification any more.
      if (result === "done") current.waiting.clear();
      if (result === "stale") for (const each of [current.waiting, current.refused]) each.clear();
      end(current);
    },
    abandon: () => {
      const all = [...running.values()];
      running.clear();
      return all.filter(({ isReplay }) => isReplay);
    },
    list: () => [...running.values()],
  };
}
