import type { Page } from "../../src/peers/page.ts";
import type { Participant } from "../../src/peers/participant.ts";
import type { World } from "./world.ts";

/** As src/peers/exchange.ts has them, milliseconds. */
const HOLD = 15_000;
const ANSWER_LIMIT = 4_000;
const PACE = 200;

/** One end of the network; undefined while it does not run, or is frozen. */
export interface End {
  readonly id: string;
  readonly participant: () => Participant | undefined;
  readonly isFrozen: () => boolean;
  /** Another one at each start. */
  readonly epoch: () => number;
}

interface Network {
  /** There is something new at this end. */
  tell(from: End): void;
  /** It has started. */
  join(from: End): void;
  /** It has ended: who waits for its answer learns of that. */
  leave(end: End): void;
  /** All that it calls have answered since its start, or have not in time. */
  hasCalled(end: End): boolean;
}

interface Options {
  /** Whether a message gets through now. */
  readonly passes: (from: string, to: string) => boolean;
  /** Milliseconds that it takes. */
  readonly latency: () => number;
  /** Whether one end can call the other; else it waits to be called. */
  readonly canCall: (from: string, to: string) => boolean;
}

/**
 * The exchange of pages (src/peers/exchange.ts) without its bytes: each holds a request open at all that it can call, is
 * answered when there is something new, and tells at once what is new.
 */
export function createNetwork(
  world: World,
  ends: readonly End[],
  { passes, latency, canCall }: Options,
): Network {
  const held = new Map<string, Map<string, () => void>>();
  /** By the end that is asked what ends the requests to it. */
  const open = new Map<string, Set<() => void>>();
  const telling = new Map<string, boolean>();
  /** By holder and owner what one knows of the other's pages. */
  const toldTo = new Map<string, ReadonlyMap<string, number>>();
  /** By caller, with its epoch, those that it has called. */
  const called = new Map<string, Set<string>>();

  function has(news: Participant, of: string, reader: string): boolean {
    const known = toldTo.get(`${of} ${reader}`);
    return news
      .heads()
      .some(({ id, session, counter }) => id !== reader && counter > (known?.get(session) ?? -1));
  }

  /** @param done told whether there was an answer */
  function request(from: End, to: End, wait: number, done: (isAnswered: boolean) => void): void {
    const epoch = from.epoch();
    let isDone = false;
    const finish = (isAnswered: boolean) => {
      if (isDone || from.epoch() !== epoch) return;
      isDone = true;
      open.get(to.id)?.delete(fail);
      done(isAnswered);
    };
    const fail = () => finish(false);
    open.set(to.id, (open.get(to.id) ?? new Set()).add(fail));
    world.after(wait + ANSWER_LIMIT, fail);
    const asker = from.participant();
    if (asker === undefined || !passes(from.id, to.id)) return;
    const pages = without(asker.pages(), to.id);
    const known = countersOf(asker);
    world.after(latency(), () => {
      const server = to.participant();
      if (server === undefined && !to.isFrozen()) fail();
      if (server === undefined) return;
      toldTo.set(`${to.id} ${from.id}`, known);
      server.merge(pages);
      const serverEpoch = to.epoch();
      const answer = () => {
        const still = to.participant();
        if (still === undefined || to.epoch() !== serverEpoch || !passes(to.id, from.id)) return;
        const reply = without(still.pages(), from.id);
        toldTo.set(`${to.id} ${from.id}`, countersOf(still));
        world.after(latency(), () => {
          const back = from.participant();
          if (back === undefined || from.epoch() !== epoch || isDone) return;
          toldTo.set(`${from.id} ${to.id}`, new Map([...countersOf(back), ...known]));
          back.merge(reply);
          finish(true);
        });
      };
      if (wait === 0 || has(server, to.id, from.id)) return answer();
      const waiting = held.get(to.id) ?? new Map<string, () => void>();
      held.set(to.id, waiting);
      waiting.get(from.id)?.();
      let isReleased = false;
      const release = () => {
        if (isReleased) return;
        isReleased = true;
        if (waiting.get(from.id) === release) waiting.delete(from.id);
        answer();
      };
      waiting.set(from.id, release);
      world.after(wait, release);
    });
  }

  function follow(from: End, to: End, epoch: number, pause: number): void {
    world.after(pause, () => {
      if (from.epoch() !== epoch) return;
      request(from, to, HOLD, (isAnswered) => {
        calledBy(from).add(to.id);
        follow(from, to, epoch, isAnswered ? PACE : Math.min(2 * Math.max(pause, 500), HOLD));
      });
    });
  }

  function calledBy(end: End): Set<string> {
    const name = `${end.id} ${end.epoch()}`;
    const all = called.get(name) ?? new Set<string>();
    called.set(name, all);
    return all;
  }

  function tellOne(from: End, to: End): void {
    const name = `${from.id} ${to.id} ${from.epoch()}`;
    if (telling.has(name)) {
      telling.set(name, true);
      return;
    }
    const participant = from.participant();
    if (participant === undefined || !has(participant, from.id, to.id)) return;
    telling.set(name, false);
    request(from, to, 0, () =>
      world.after(PACE, () => {
        const isMore = telling.get(name);
        telling.delete(name);
        if (isMore) tellOne(from, to);
      }),
    );
  }

  return {
    join: (from) => {
      for (const to of ends)
        if (to !== from && canCall(from.id, to.id)) follow(from, to, from.epoch(), world.between(0, 300));
    },
    hasCalled: (end) => {
      const all = calledBy(end);
      return ends.every((to) => to === end || !canCall(end.id, to.id) || all.has(to.id));
    },
    leave: (end) => {
      for (const fail of [...(open.get(end.id) ?? [])]) world.after(latency(), fail);
    },
    tell: (from) => {
      const participant = from.participant();
      if (participant === undefined) return;
      for (const [reader, release] of [...(held.get(from.id) ?? [])])
        if (has(participant, from.id, reader)) release();
      for (const to of ends) if (to !== from && canCall(from.id, to.id)) tellOne(from, to);
    },
  };
}

function without(pages: readonly Page[], receiver: string): Page[] {
  return pages.filter(({ id }) => id !== receiver);
}

function countersOf(participant: Participant): ReadonlyMap<string, number> {
  return new Map(participant.heads().map(({ session, counter }) => [session, counter]));
}
