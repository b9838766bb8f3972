import { setTimeout as sleep } from "node:timers/promises";
import { type Result, success } from "../result.ts";
import type { Context } from "./context.ts";

/**
 * Proves an apply that no start could prove: the process had ended before, and then Kuma had to come first, to migrate
 * its database after an update of the image; or its port was taken. Kuma runs with it by now: once it has gone on doing
 * so for the usual time, that counts. When it does not, nothing is decided here: if it cannot run at all, the next start
 * undoes the apply.
 */
export async function confirmLate(
  { config, database, kuma }: Pick<Context, "config" | "database" | "kuma">,
  signal: AbortSignal,
): Promise<Result<void>> {
  const last = await database.lastApply();
  if (!last.ok) return last;
  const before = kuma.state;
  if (last.value === undefined || last.value.verified || before.name !== "ready") return success(undefined);
  await sleep(config.verifyWindow, undefined, { signal }).catch(() => undefined);
  const now = kuma.state;
  const isSameLife = now.name === "ready" && now.pid === before.pid;
  return isSameLife && !signal.aborted ? await database.confirm() : success(undefined);
}
