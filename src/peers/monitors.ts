import { createHash } from "node:crypto";
import type { Kept } from "../alerts/index.ts";
import { LOCAL_FROM } from "../database/index.ts";
import type { Beat } from "../kuma/index.ts";
import { type Finding, MOST_DOWN, type Page } from "./page.ts";

/** A check is late by its own time limit, and by what a busy machine takes, milliseconds. */
const LATE = 60_000;
/** A Kuma that has said nothing for so long since its stop is not about to look again, milliseconds. */
const AWAY_LIMIT = 2 * 60_000;
/** Not since Kuma's start. */
const NOT_CHECKED = Number.NEGATIVE_INFINITY;

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
  /**
   * @param beats those that are "not yet" come together: all that Kuma watches
   * @returns whether one of them went down or came up
   */
  take(beats: readonly Beat[], now: number): boolean;
  /** Kuma ends, or starts: nothing is known until the next check. How long something has been down is not forgotten. */
  forget(now: number): void;
  find(monitor: number, key: string, now: number): Finding;
  /** What was down before the last stop has been down since then, if it still is at its first check. */
  remember(outages: Kept["outages"]): void;
  /** How long it has been down, as far as that is known, milliseconds; 0: it is not. */
  outage(monitor: number, key: string, now: number): number;
  /** All that are down, and since when. */
  outages(): Kept["outages"];
  nameOf(monitor: number): string | undefined;
  /** Also what was down before Kuma's start, until it has looked. */
  down(now: number): Pick<Page, "down" | "downCount">;
}

/** @param begun when this process did */
export function createMonitors(begun: number): Monitors {
  const watched = new Map<number, Watched>();
  /** Since when Kuma has not said what it watches; undefined: it has, since its start. */
  let awaySince: number | undefined = begun;

  function isCurrent({ checkedAt, validFor }: Watched, now: number): boolean {
    return now - checkedAt <= validFor;
  }

  /** It has not been checked since Kuma's start, and will be. */
  function isExpected(each: Watched | undefined, now: number): boolean {
    if (awaySince === undefined) return each?.checkedAt === NOT_CHECKED;
    return now - awaySince <= AWAY_LIMIT && (each === undefined || each.checkedAt === NOT_CHECKED);
  }

  /** Takes all that Kuma watches; of what it has not looked at yet, what was known before stays. */
  function list(beats: readonly Beat[], now: number): void {
    awaySince = undefined;
    const ids = new Set(beats.map(({ id }) => id));
    for (const id of watched.keys()) if (!ids.has(id)) watched.delete(id);
    for (const beat of beats) {
      const key = keyOf(beat);
      if (key === undefined) continue;
      const { name, state } = beat;
      const before = watched.get(beat.id);
      const isKept = before?.key === key && before.state !== "not watched";
      const unseen: Omit<Watched, "name"> = { key, state, since: now, checkedAt: NOT_CHECKED, validFor: 0 };
      watched.set(beat.id, { ...(isKept ? before : unseen), name });
    }
  }

  /** @returns whether it went down or came up */
  function note(beat: Beat, now: number): boolean {
    const key = keyOf(beat);
    if (key === undefined || beat.state === "not yet") return false;
    const { id, name, state } = beat;
    const before = watched.get(id);
    const goesOn = before?.key === key && isDown(before) === isDown(beat);
    const since = goesOn ? before.since : now;
    watched.set(id, { name, key, state, since, checkedAt: now, validFor: 2 * beat.every + LATE });
    const isKnown = before !== undefined && before.state !== "not yet";
    return (before?.key !== key || before.state !== state) && (isKnown || isDown(beat));
  }

  /** Notes that it has been down before this process began. */
  function recall({ monitor, key, since }: Kept["outages"][number]): void {
    const now = watched.get(monitor);
    const isUnseen = now === undefined ? awaySince !== undefined : now.key === key && now.state === "not yet";
    if (isUnseen) {
      const name = now?.name ?? `monitor ${monitor}`;
      watched.set(monitor, { name, key, state: "down", since, checkedAt: NOT_CHECKED, validFor: 0 });
    } else if (now?.key === key && isDown(now)) watched.set(monitor, { ...now, since });
  }

  return {
    take: (beats, now) => {
      if (beats.some(({ state }) => state === "not yet")) list(beats, now);
      return beats.map((beat) => note(beat, now)).some((isNews) => isNews);
    },
    forget: (now) => {
      awaySince ??= now;
      for (const [id, each] of watched) watched.set(id, { ...each, checkedAt: NOT_CHECKED });
    },
    find: (monitor, key, now) => {
      const each = watched.get(monitor);
      const same = each?.key === key ? each : undefined;
      if (isExpected(same, now))
        return same !== undefined && isDown(same)
          ? { state: "down before", for: now - same.since, checked: 0 }
          : { state: "not yet", for: 0, checked: 0 };
      if (same === undefined || same.state === "not watched" || !isCurrent(same, now))
        return { state: "none", for: 0, checked: 0 };
      const { since, checkedAt } = same;
      return { state: isDown(same) ? "down" : "up", for: now - since, checked: now - checkedAt };
    },
    outage: (monitor, key, now) => {
      const each = watched.get(monitor);
      return each?.key === key && isDown(each) ? now - each.since : 0;
    },
    remember: (outages) => outages.forEach(recall),
    outages: () =>
      [...watched].flatMap(([monitor, each]) =>
        isDown(each) ? { monitor, key: each.key, since: each.since } : [],
      ),
    nameOf: (monitor) => watched.get(monitor)?.name,
    down: (now) => {
      const all = [...watched].filter(
        ([, each]) => each.state === "down" && (isCurrent(each, now) || isExpected(each, now)),
      );
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
