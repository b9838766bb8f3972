import type { ObservedState } from "../observed/index.ts";

/**
 * A cycle's own time limits add up to less, milliseconds: restic's to about 25 minutes, stopping and starting Kuma and
 * watching it to a few more.
 */
const LONGEST_CYCLE = 45 * 60_000;
/** How late a cycle may begin, milliseconds. */
const LATE = 2 * 60_000;

/**
 * Why the process counts as wedged, or undefined when it does not: a cycle that never ends, or one that never begins
 * although Kuma is ready. That the process is alive at all, its answer shows.
 * @param now milliseconds since 1970
 */
export function findWedge(state: ObservedState, now: number): string | undefined {
  const { kuma, cycle } = state;
  const { startedAt = state.startedAt, nextAt = 0 } = cycle;
  // Whoever ends us in a migration leaves Kuma's database broken for good.
  if (kuma.pause?.for === "migration" && now < kuma.pause.until) return undefined;
  if (cycle.isRunning)
    return now - startedAt > LONGEST_CYCLE
      ? `a cycle has not ended for ${minutes(now - startedAt)}`
      : undefined;
  // Without a cycle there is no replication at all, as the log says since the start: nothing that a restart would mend.
  if (cycle.startedAt === undefined || kuma.state !== "ready") return undefined;
  const due = Math.max(nextAt, kuma.since);
  return now - due > LATE ? `a cycle was due ${minutes(now - due)} ago` : undefined;
}

function minutes(milliseconds: number): string {
  return `${Math.round(milliseconds / 60_000)} min`;
}
