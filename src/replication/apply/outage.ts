import { setTimeout as sleep } from "node:timers/promises";
import { steadyNow } from "../../clock.ts";
import type { DatabaseWorker } from "../../database/index.ts";
import type { Problem } from "../../result.ts";

type Server = Pick<DatabaseWorker, "serverUpFor">;

/** Between two looks at a server, milliseconds. */
const LOOK_EVERY = 500;

/** A server tells its age in whole seconds, milliseconds. */
const EXACTNESS = 1_000;

/**
 * Looks until the signal aborts whether the server of Kuma's database is there all the time. While it is away Kuma ends
 * at its start, whatever is configured in it (2.5.3 within 2 s): that says nothing about what was applied. One that has
 * just been started was away, too, however short.
 * @returns what was seen; undefined when it was there all the time, or there is no server that could be away
 */
export async function watchForOutage(database: Server, signal: AbortSignal): Promise<Problem | undefined> {
  const begun = steadyNow();
  for (;;) {
    const isLast = signal.aborted;
    const up = await database.serverUpFor();
    if (!up.ok) return wasAway(up.problem.message);
    if (up.value === undefined) return undefined;
    if (up.value < steadyNow() - begun - EXACTNESS)
      return wasAway(`Its server was started ${Math.round(up.value / 1_000)} s ago.`);
    if (isLast) return undefined;
    await sleep(LOOK_EVERY, undefined, { signal }).catch(() => undefined);
  }
}

/**
 * Waits until the server answers.
 * @param limit milliseconds
 * @returns false when it did not within that, or a shutdown came
 */
export async function untilServerAnswers(
  database: Server,
  limit: number,
  signal: AbortSignal,
): Promise<boolean> {
  const end = steadyNow() + limit;
  while (steadyNow() < end && !signal.aborted) {
    if ((await database.serverUpFor()).ok) return true;
    await sleep(LOOK_EVERY, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

function wasAway(what: string): Problem {
  return {
    code: "database-unreachable",
    message: `Uptime Kuma did not start with what was applied, but its database was away meanwhile: ${what}`,
    advice:
      "Nothing to do if it passes: what was applied stays, and is tried again once the database is there.",
  };
}
