import { step } from "../../test/support/install/progress.ts";
import type { FollowingClient } from "../../test/support/kuma/following-client.ts";
import type { KumaClient } from "../../test/support/kuma/kuma-api.ts";

/** Several cycles of both sides and a restart of the replica's Kuma, milliseconds. */
const ARRIVES_WITHIN = 90_000;

export interface CheckSubject {
  readonly primary: KumaClient;
  readonly replica: FollowingClient;
  /** A monitor with a history on the replica, untouched by the check. */
  readonly steadyMonitor: number;
  /** Where the monitor that is added looks. */
  readonly targetUrl: string;
  readonly signal: AbortSignal;
}

/**
 * Adds, edits, pauses and deletes a monitor on the primary and sees each arrive on the replica, which must keep the
 * heartbeats that it had before. Prints the seconds that each took; gives what did not happen, empty when all is well.
 */
export async function check(subject: CheckSubject): Promise<string[]> {
  const { primary, replica, steadyMonitor, targetUrl, signal } = subject;
  const misses: string[] = [];
  const options = { timeout: ARRIVES_WITHIN, signal };
  async function see<T>(what: string, look: (kuma: KumaClient) => T | undefined): Promise<T | undefined> {
    try {
      return await step(what, () => replica.until(what, look, options));
    } catch (error) {
      signal.throwIfAborted();
      misses.push(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }
  const isSo = (condition: boolean) => condition || undefined;
  // To the second: Kuma tells a new heartbeat with a fraction, and MariaDB keeps none.
  const times = (kuma: KumaClient) =>
    kuma.lists.heartbeats.get(steadyMonitor)?.map(({ time }) => time.slice(0, 19)) ?? [];

  const before = await see("the replica has a history of its own (3 heartbeats of one monitor)", (kuma) =>
    times(kuma).length >= 3 ? times(kuma) : undefined,
  );
  const id = await primary.addMonitor({ type: "http", name: "Added by the check", url: targetUrl });
  await see("added on the primary → listed on the replica", ({ lists }) => isSo(lists.monitors.has(id)));
  await see("… and the replica checks it (its first heartbeat there)", ({ lists }) =>
    isSo(lists.heartbeats.get(id)?.at(-1)?.status === 1),
  );
  await primary.editMonitor(id, { name: "Edited by the check", interval: 30 });
  await see("edited on the primary → edited on the replica", ({ lists }) => {
    const monitor = lists.monitors.get(id);
    return isSo(monitor?.name === "Edited by the check" && monitor.interval === 30);
  });
  await primary.pauseMonitor(id);
  await see("paused on the primary → paused on the replica", ({ lists }) =>
    isSo(lists.monitors.get(id)?.active === false),
  );
  await primary.deleteMonitor(id);
  await see("deleted on the primary → gone from the replica", ({ lists }) => isSo(!lists.monitors.has(id)));

  const after = await see("the replica shows the history again", (kuma) =>
    times(kuma).length > 0 ? times(kuma) : undefined,
  );
  const lost = before?.filter((time) => !after?.includes(time)) ?? [];
  console.log(
    `  history on the replica: ${before?.length} heartbeats before, ${after?.length} now, ${lost.length} lost`,
  );
  if (lost.length > 0) misses.push(`The replica lost ${lost.length} heartbeats: ${lost.join(", ")}.`);
  if (misses.length === 0) console.log("✓ All of it arrived, and nothing was lost.");
  return misses;
}
