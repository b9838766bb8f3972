import type { Withheld } from "../alerts/index.ts";
import { toWallClock } from "../clock.ts";
import { ALIVE_FOR, type Known } from "./known.ts";
import type { Page } from "./page.ts";

/** An instance as people see it. Lengths of time are milliseconds. */
export interface FleetMember
  extends Pick<Page, "id" | "name" | "version" | "role" | "alert" | "head" | "agreement" | "lag"> {
  readonly isThis: boolean;
  readonly kuma: Pick<Page["kuma"], "version" | "state">;
  /** When it was last heard, milliseconds since 1970. */
  readonly heardAt: number;
  /** It was heard a short time ago; else all of this is how it was then. */
  readonly isHeard: boolean;
  readonly downCount: number;
  /** Monitors that it alone has down, by name. Empty while it is alone. */
  readonly onlyDownHere: readonly string[];
}

/** All instances that are known of, what keeps addresses from being reached, and what is not told yet. */
export interface Fleet {
  /** This one first, the others by name. */
  readonly members: readonly FleetMember[];
  readonly unreached: readonly {
    readonly address: string;
    readonly message: string;
    readonly advice: string;
  }[];
  readonly alerts: {
    /** Messages of this instance's Uptime Kuma that wait (REPLICATOR_ALERT=once and quorum). */
    readonly withheld: readonly Withheld[];
    /** Whether this instance's Kuma has a channel, and the module that asks on it before a message. */
    readonly asks: boolean;
  };
}

/** What of a page is shown. */
type Shown = Omit<
  Page,
  "session" | "counter" | "age" | "questions" | "answers" | "clock" | "claims" | "told"
>;

/** @param nameOf a monitor's name here, by its id */
export function listMembers(
  own: Shown,
  others: readonly Known[],
  nameOf: (monitor: number) => string | undefined,
  now: number,
): FleetMember[] {
  const all = [{ page: own, madeAt: now }, ...others].map((each: { page: Shown; madeAt: number }) => ({
    ...each,
    isHeard: now - each.madeAt <= ALIVE_FOR,
  }));
  const alive = all.filter(({ isHeard }) => isHeard).map(({ page }) => page);

  function isDownElsewhere(page: Shown, { monitor, key }: Page["down"][number]): boolean {
    const isSame = (down: Page["down"][number]) => down.monitor === monitor && down.key === key;
    return alive.some((other) => other !== page && other.down.some(isSame));
  }

  const members = all.map(({ page, madeAt, isHeard }): FleetMember => {
    const { id, name, version, role, alert, head, agreement, lag, kuma, down, downCount } = page;
    const alone = isHeard && alive.length > 1 ? down.filter((each) => !isDownElsewhere(page, each)) : [];
    return {
      ...{ id, name, version, role, alert, head, agreement, lag, isHeard, downCount },
      isThis: page === own,
      kuma: { version: kuma.version, state: kuma.state },
      heardAt: toWallClock(madeAt),
      onlyDownHere: alone.map(({ monitor }) => nameOf(monitor) ?? `monitor ${monitor}`),
    };
  });
  const [first, ...rest] = members;
  const byName = rest.sort((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id));
  return first === undefined ? [] : [first, ...byName];
}
