import { setTimeout as sleep } from "node:timers/promises";
import { steadyNow } from "../../clock.ts";
import type { Answer, Channel } from "../../kuma/index.ts";
import { failure, interrupted, type Problem, type Result, success } from "../../result.ts";

/** What a Kuma that has taken a change up says of itself. */
interface Wanted {
  /** As the database that it reads names it. */
  readonly snapshotId: string;
  /** Those that changed: each is in memory as its row is. */
  readonly monitors: readonly number[];
  /** So many unhandled errors there were before. */
  readonly errors: number;
}

/** How often Kuma is asked within the window, milliseconds. */
const ASK_EVERY = 1_000;

/**
 * Watches a Kuma after a live apply: it answers for the whole window, has no unhandled error, and has every changed
 * monitor as its row is. The monitors are compared at the beginning and at the end: to read a thousand takes Kuma a
 * while.
 * @param windowMs milliseconds
 * @returns a problem of the first thing that is otherwise; "interrupted" by the signal
 */
export async function verifyLive(
  channel: Channel,
  wanted: Wanted,
  windowMs: number,
  signal: AbortSignal,
): Promise<Result<void>> {
  const end = steadyNow() + windowMs;
  let compared = wanted.monitors;
  for (;;) {
    const left = end - steadyNow();
    const state = await channel.ask("state", { monitors: left > 0 ? compared : wanted.monitors });
    if (!state.ok) return state;
    const fault = findFault(state.value, wanted);
    if (fault !== undefined) return failure(notVerified(fault));
    if (left <= 0) return success(undefined);
    compared = [];
    await sleep(Math.min(ASK_EVERY, left), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return failure(interrupted("Verifying the snapshot"));
  }
}

function findFault({ snapshotId, errors, monitors }: Answer<"state">, wanted: Wanted): string | undefined {
  if (snapshotId !== wanted.snapshotId) return "Kuma reads another database than the one that was changed";
  if (errors > wanted.errors) return "Kuma had an error that it did not handle";
  const wrong = monitors.find(({ row, isRunning, differing }) => {
    return (row === "active") !== isRunning || (isRunning && differing.length > 0);
  });
  if (wrong === undefined) return undefined;
  const columns = wrong.differing.length > 0 ? ` (${wrong.differing.join(", ")})` : "";
  return `Kuma runs monitor ${wrong.id} otherwise than its row says${columns}`;
}

function notVerified(fault: string): Problem {
  return {
    code: "live-not-verified",
    message: `A change of the configuration was not taken up as it should: ${fault}.`,
    advice: "Kuma is restarted with the new configuration, and that is undone when it does not run with it.",
  };
}
