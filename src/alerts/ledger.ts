import * as z from "zod";
import { isBefore } from "./decide.ts";

/** Messages that a page names as sent, the newest. */
const MOST_TOLD = 500;
/**
 * So often all give larger numbers, also those that hear of nobody, milliseconds: else what one has told that was cut off
 * would count as newer than what others have told later.
 */
const TICK = 100;
/** After so long nobody waits any more for what was told, milliseconds. */
const KEPT_FOR = 7 * 24 * 3_600_000;

const count = z.int().nonnegative();
const hash = z.string().min(1).max(100);
const subject = { monitor: count, key: hash };

/** What a page says of alerts; an instance of an older release leaves it out. */
export const alertFields = {
  /** The instance gives larger numbers than this. */
  clock: count.default(0),
  /** What it wants to send, or sends; of a monitor the smallest number goes first. */
  claims: z
    .array(z.object({ ...subject, number: count, isSending: z.boolean() }))
    .max(1_000)
    .default([]),
  /** What it has sent, as far as nobody has sent something newer. */
  told: z
    .array(
      z.object({
        ...subject,
        notifications: z.array(hash).max(100),
        state: z.enum(["down", "up"]),
        number: count,
        /** How long ago that was, milliseconds. */
        for: z.number().nonnegative(),
      }),
    )
    .max(2 * MOST_TOLD)
    .default([]),
};

const fields = z.object(alertFields);
export type AlertFields = z.infer<typeof fields>;

export interface Subject {
  readonly monitor: number;
  readonly key: string;
}

/** What people were told last through one notification. */
export interface Told extends Subject {
  readonly notification: string;
  readonly state: "down" | "up";
  /** Larger than all that its teller had heard of. */
  readonly number: number;
  /** The id of the instance that told it. */
  readonly by: string;
  /** Outages that began until about then are told with it. By the steady clock here. */
  readonly at: number;
}

/** What was told, by all as far as it was heard of, and the numbers that give it an order. No clocks are compared. */
export interface Ledger {
  /** A number that is larger than all that were heard of, and than those that others have given by now, about. */
  next(): number;
  /** The largest that was heard of, and one more for each tick since. */
  readonly clock: number;
  /** @returns whether it is newer than what was known */
  note(told: Told): boolean;
  /** Takes what a page of another instance says. @param madeAt when it was made, by the steady clock here */
  hear(page: AlertFields & { readonly id: string }, madeAt: number): void;
  find(subject: Subject, notification: string): Told | undefined;
  /** What this instance says on its own page of what it has told. */
  told(ownId: string, now: number): AlertFields["told"];
  list(now: number): readonly Told[];
}

export function createLedger(
  kept: { readonly clock: number; readonly told: readonly Told[] },
  now: () => number,
): Ledger {
  const entries = new Map<string, Told>();
  let last = { clock: kept.clock, at: now() };

  function clock(): number {
    return last.clock + Math.floor((now() - last.at) / TICK);
  }

  function advance(to: number): void {
    if (to > clock()) last = { clock: to, at: now() };
  }

  function note(told: Told): boolean {
    advance(told.number);
    const name = entryOf(told, told.notification);
    const known = entries.get(name);
    const newest = known === undefined ? told : newer(known, told);
    entries.set(name, newest);
    return newest !== known;
  }

  function list(now: number): readonly Told[] {
    for (const [name, { at }] of entries) if (now - at > KEPT_FOR) entries.delete(name);
    return [...entries.values()];
  }

  for (const told of kept.told) note(told);
  return {
    next: () => {
      advance(clock() + 1);
      return last.clock;
    },
    get clock() {
      return clock();
    },
    note,
    hear: (page, madeAt) => {
      advance(page.clock);
      for (const { notifications, for: age, ...told } of page.told)
        for (const notification of notifications)
          note({ ...told, notification, by: page.id, at: madeAt - age });
    },
    find: (subject, notification) => entries.get(entryOf(subject, notification)),
    told: (ownId, now) => {
      const groups = new Map<string, AlertFields["told"][number]>();
      for (const { monitor, key, notification, state, number, by, at } of list(now)) {
        if (by !== ownId) continue;
        const name = `${nameOf({ monitor, key })} ${state} ${number}`;
        const group = groups.get(name);
        if (group === undefined)
          groups.set(name, {
            ...{ monitor, key, notifications: [notification], state, number },
            for: Math.max(0, now - at),
          });
        else group.notifications.push(notification);
      }
      return [...groups.values()].sort((a, b) => b.number - a.number).slice(0, MOST_TOLD);
    },
    list,
  };
}

/** Of the same message, whose age comes by many ways, the earliest time is the one that was delayed least. */
function newer(a: Told, b: Told): Told {
  if (a.number === b.number && a.by === b.by) return b.at < a.at ? b : a;
  return isBefore([a.number, a.by], [b.number, b.by]) ? b : a;
}

/** A name for a monitor that no other thing has. */
export function nameOf({ monitor, key }: Subject): string {
  return `${monitor} ${key}`;
}

function entryOf(subject: Subject, notification: string): string {
  return `${nameOf(subject)} ${notification}`;
}
