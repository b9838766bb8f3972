import type { History } from "../observed/index.ts";

/**
 * A cycle's own time limits add up to less, milliseconds: restic's to about 25 minutes, stopping and starting Kuma and
 * watching it to a few more.
 */
const LONGEST_CYCLE = 45 * 60_000;
/** How late a cycle may begin, milliseconds. */
const LATE = 2 * 60_000;

/**
 * Why the process counts as wedged, or undefined when it does not: a cycle that never ends, or one that never begins
 * although Kuma is ready. That the process is alive at all is proven by its asking.
 * @param now milliseconds since 1970
 */
export function findWedge(history: History, now: number): string | undefined {
  const { status, isInCycle, attemptAt = history.startedAt, nextAt = 0 } = history;
  // Whoever ends us in a migration leaves Kuma's database broken for good.
  if (status.pause?.for === "migration" && now < status.pause.until) return undefined;
  if (isInCycle)
    return now - attemptAt > LONGEST_CYCLE
      ? `a cycle has not ended for ${minutes(now - attemptAt)}`
      : undefined;
  // Without a cycle there is no replication at all, which the log told at the start: nothing that a restart would mend.
  if (history.attemptAt === undefined || status.kuma !== "ready") return undefined;
  const due = Math.max(nextAt, status.since);
  return now - due > LATE ? `a cycle was due ${minutes(now - due)} ago` : undefined;
}

function minutes(milliseconds: number): string {
  return `${Math.round(milliseconds / 60_000)} min`;
}
