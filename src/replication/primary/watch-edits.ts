import { setTimeout as sleep } from "node:timers/promises";
import { steadyNow } from "../../clock.ts";
import type { DatabaseWorker, Look } from "../../database/index.ts";
import { attempt } from "../cycles.ts";

/** All in milliseconds. An edit that two looks in a row have seen has rested for as long as they are apart. */
const LOOK_EVERY = 2_000;
const BETWEEN_PUBLISHES = 15_000;
const LONGEST_PAUSE = 60_000;

/**
 * So much of a core's time a look may take, with the pause after it: the larger the configuration, the longer that is.
 */
const SHARE = 0.0025;

interface Parts {
  readonly database: Pick<DatabaseWorker, "look">;
  /** Whether there is a database to be looked at now, and nothing under way that changes it or publishes it. */
  readonly isQuiet: () => boolean;
  /** The content hash of what was published last. */
  readonly published: () => string | undefined;
  /** Is called when there is something to publish. */
  readonly onEdit: () => void;
}

/** Looks for edits every few seconds, without a request to the repository, until the signal aborts. Never rejects. */
export async function watchEdits(
  { database, isQuiet, published, onEdit }: Parts,
  signal: AbortSignal,
): Promise<void> {
  const judge = createEditWatch();
  let last: Look | undefined;
  let pause = LOOK_EVERY;
  for (;;) {
    await sleep(pause, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    if (!isQuiet()) continue;
    const before = process.cpuUsage();
    // What keeps it from being read the cycles tell.
    const look = await attempt(() => database.look(last));
    const { user, system } = process.cpuUsage(before);
    pause = Math.min(Math.max(LOOK_EVERY, (user + system) / 1_000 / SHARE), LONGEST_PAUSE);
    if (!look.ok) continue;
    last = look.value;
    const verdict = judge(last.contentHash, published(), steadyNow());
    if (verdict === "publish") onEdit();
    if (verdict === "wait") pause = LOOK_EVERY;
  }
}

/** "wait": there is an edit, and its time has not come. */
type Verdict = "nothing" | "wait" | "publish";

/**
 * Decides after each look whether to publish: when an edit has rested since the look before, or when editing has gone
 * on for 15 s, and never twice within 15 s. What it has said once, whatever became of that, it does not say again.
 */
export function createEditWatch(): (seen: string, published: string | undefined, now: number) => Verdict {
  let before: string | undefined;
  let asked: string | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  /** Since when there is something that is not published. */
  let since: number | undefined;
  return (seen, published, now) => {
    const rests = seen === before;
    before = seen;
    if (seen === published || seen === asked) {
      since = undefined;
      return "nothing";
    }
    since ??= now;
    const goesOnForLong = now - since >= BETWEEN_PUBLISHES;
    if (!(rests || goesOnForLong) || now - askedAt < BETWEEN_PUBLISHES) return "wait";
    asked = seen;
    askedAt = now;
    since = undefined;
    return "publish";
  };
}
