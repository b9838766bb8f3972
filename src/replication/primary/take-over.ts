import type { KumaDatabase } from "../../database/index.ts";
import type { Listener } from "../../events/index.ts";
import type { Supervisor } from "../../kuma/index.ts";
import { type Result, success } from "../../result.ts";

interface Parts {
  readonly database: Pick<KumaDatabase, "readOwn" | "takeOver">;
  readonly kuma: Pick<Supervisor, "state" | "start" | "stop">;
  readonly emit: Listener;
}

/**
 * Makes what is this instance's own (push monitors that were paused, rows that were added here) the primary's: it is
 * the primary now. Kuma is stopped for that where it runs, and runs again, or is about to, when this resolves; where
 * there is nothing to do it goes on.
 */
export async function takeOver({ database, kuma, emit }: Parts): Promise<Result<void>> {
  const own = await database.readOwn();
  if (!own.ok) return own;
  if (own.value.paused === 0 && !own.value.countsLocally) return success(undefined);
  const wasRunning = kuma.state.name !== "stopped";
  if (wasRunning) await kuma.stop("apply");
  const taken = await database.takeOver();
  if (wasRunning) kuma.start();
  if (!taken.ok) return taken;
  emit({ type: "taken-over", ...taken.value });
  return success(undefined);
}
