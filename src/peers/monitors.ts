import { createHash } from "node:crypto";
import type { Kept } from "../alerts/index.ts";
import { LOCAL_FROM } from "../database/index.ts";
import type { Beat } from "../kuma/index.ts";
import { type Finding, MOST_DOWN, type Page } from "./page.ts";

/** A check is late by its own time limit, and by what a busy machine takes, milliseconds. */
const LATE = 60_000;

interface Watched {
  readonly name: string;
  readonly key: string;
  readonly state: Beat["state"];
  /** Since when it has been up, or not; and when it was checked last. By the steady clock. */
  readonly since: number;
  readonly checkedAt: number;
  /** So long after a check the next one has certainly been, milliseconds. */
  readonly validFor: number;
}

/** By what a monitor is known to be the same thing on another instance; undefined: it is this instance's own. */
export function keyOf({ id, name, type }: Pick<Beat, "id" | "name" | "type">): string | undefined {
  if (id >= LOCAL_FROM) return undefined;
  return createHash("sha256")
    .update(JSON.stringify([name, type]))
    .digest("hex")
    .slice(0, 12);
}

/** What the checks of this instance's Kuma found last, in memory. Times are by the steady clock. */
export interface Monitors {
  /** @returns whether one of them went down or came up */
  take(beats: readonly Beat[], now: number): boolean;
  /** Kuma starts anew: nothing is known until the next check. How long something has been down is not forgotten. */
  forget(): void;
  find(monitor: number, key: string, now: number): Finding;
  /** What was down before the last stop has been down since then, if it still is at its first check. */
  remember(outages: Kept["outages"]): void;
  /** How long it has been down, as far as that is known, milliseconds; 0: it is not. */
  outage(monitor: number, key: string, now: number): number;
  /** All that are down, and since when. */
  outages(): Kept["outages"];
  nameOf(monitor: number): string | undefined;
  down(now: number): Pick<Page, "down" | "downCount">;
}

const NOT_WATCHED: Finding = { state: "none", for: 0, checked: 0 };

export function createMonitors(): Monitors {
  const watched = new Map<number, Watched>();

  function isCurrent({ checkedAt, validFor }: Watched, now: number): boolean {
    return now - checkedAt <= validFor;
  }

  return {
    take: (beats, now) => {
      let isNews = false;
      for (const beat of beats) {
        const key = keyOf(beat);
        if (key === undefined) continue;
        const before = watched.get(beat.id);
        const goesOn = before?.key === key && isDown(before) === isDown(beat);
        if (before?.key !== key || before.state !== beat.state)
          isNews ||= before !== undefined || isDown(beat);
        watched.set(beat.id, {
          name: beat.name,
          key,
          state: beat.state,
          since: goesOn ? before.since : now,
          checkedAt: now,
          validFor: 2 * beat.every + LATE,
        });
      }
      return isNews;
    },
    forget: () => {
      for (const [id, each] of watched) watched.set(id, { ...each, checkedAt: Number.NEGATIVE_INFINITY });
    },
    find: (monitor, key, now) => {
      const each = watched.get(monitor);
      if (each?.key !== key || each.state === "not watched" || !isCurrent(each, now)) return NOT_WATCHED;
      const { since, checkedAt } = each;
      return { state: isDown(each) ? "down" : "up", for: now - since, checked: now - checkedAt };
    },
    outage: (monitor, key, now) => {
      const each = watched.get(monitor);
      return each?.key === key && isDown(each) ? now - each.since : 0;
    },
    remember: (outages) => {
      for (const { monitor, key, since } of outages) {
        const now = watched.get(monitor);
        if (now === undefined)
          watched.set(monitor, {
            ...{ name: `monitor ${monitor}`, key, state: "down", since },
            ...{ checkedAt: Number.NEGATIVE_INFINITY, validFor: 0 },
          });
        else if (now.key === key && isDown(now)) watched.set(monitor, { ...now, since });
      }
    },
    outages: () =>
      [...watched].flatMap(([monitor, each]) =>
        isDown(each) ? { monitor, key: each.key, since: each.since } : [],
      ),
    nameOf: (monitor) => watched.get(monitor)?.name,
    down: (now) => {
      const all = [...watched].filter(([, each]) => each.state === "down" && isCurrent(each, now));
      return {
        down: all
          .slice(0, MOST_DOWN)
          .map(([monitor, { key, since }]) => ({ monitor, key, for: now - since })),
        downCount: all.length,
      };
    },
  };
}

function isDown({ state }: Pick<Watched, "state">): boolean {
  return state === "down" || state === "pending";
}
