// A world to run instances in: one clock, one source of chance, and a network. Discrete events, so that an hour takes
// milliseconds and a seed gives the same every time.

export interface World {
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
  between(least: number, most: number): number;
  chance(probability: number): boolean;
  pick<T>(of: readonly T[]): T;
  /** Calls after so many milliseconds. */
  after(milliseconds: number, then: () => void): void;
  /** Goes on until then. */
  runUntil(time: number): void;
}

interface Event {
  readonly at: number;
  readonly order: number;
  readonly then: () => void;
}

export function createWorld(seed: number): World {
  const random = mulberry32(seed);
  const events: Event[] = [];
  let now = 0;
  let order = 0;

  function isEarlier(a: Event | undefined, b: Event | undefined): boolean {
    if (a === undefined || b === undefined) return false;
    return a.at === b.at ? a.order < b.order : a.at < b.at;
  }

  function swap(a: number, b: number): void {
    const [first, second] = [events[a], events[b]];
    if (first === undefined || second === undefined) return;
    events[a] = second;
    events[b] = first;
  }

  function push(event: Event): void {
    let at = events.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isEarlier(events[at], events[parent])) return;
      swap(at, parent);
      at = parent;
    }
  }

  function pop(): Event | undefined {
    swap(0, events.length - 1);
    const first = events.pop();
    let at = 0;
    for (;;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const least = isEarlier(events[right], events[left]) ? right : left;
      if (!isEarlier(events[least], events[at])) return first;
      swap(at, least);
      at = least;
    }
  }

  const between = (least: number, most: number) => least + random() * (most - least);
  return {
    now: () => now,
    random,
    between,
    chance: (probability) => random() < probability,
    pick: (of) => of[Math.floor(random() * of.length)] ?? fail(),
    after: (milliseconds, then) => {
      push({ at: now + Math.max(0, milliseconds), order, then });
      order += 1;
    },
    runUntil: (time) => {
      for (;;) {
        const [next] = events;
        if (next === undefined || next.at > time) break;
        now = next.at;
        pop()?.then();
      }
      now = time;
    },
  };
}

function fail(): never {
  throw new Error("nothing to choose from");
}

function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
