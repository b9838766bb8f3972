import { isDeepStrictEqual } from "node:util";
import { type DatabaseWorker, mayBeOwn, type Rules } from "../database/index.ts";
import type { Listener, OwnCounts, ReplicatorEvent } from "../events/index.ts";

/** After these there may be more or less of it. People add to it at any time: the end of a cycle shows that. */
const COUNTED_AFTER: ReadonlySet<ReplicatorEvent["type"]> = new Set([
  "applied",
  "rolled-back",
  "taken-over",
  "cycle-done",
]);

const NOTHING: OwnCounts = { local: { monitors: 0, others: 0 }, paused: 0, values: 0 };

/**
 * Tells how much is this instance's own, whenever that has changed, for page and metrics. In the background: what
 * cannot be counted now is counted after the next cycle.
 * @param rules what may be its own now; nothing is read where that is nothing
 */
export function createOwnCounter(
  database: Pick<DatabaseWorker, "readOwn">,
  rules: () => Rules,
  emit: Listener,
): Listener {
  let told = NOTHING;
  return (event) => {
    if (COUNTED_AFTER.has(event.type)) void count();
  };

  async function count(): Promise<void> {
    const isAny = mayBeOwn(rules());
    const own = isAny ? await database.readOwn().catch(() => undefined) : undefined;
    if (isAny && !own?.ok) return;
    const { local, paused, values } = own?.ok ? own.value : NOTHING;
    const now = { local, paused, values };
    if (isDeepStrictEqual(now, told)) return;
    told = now;
    emit({ type: "own-counted", own: now });
  }
}
