import { setTimeout as sleep } from "node:timers/promises";
import { type Config, type NtfyConfig, redact } from "../config/index.ts";
import { describeNotice, isWanted, type Notice } from "./notice.ts";
import { send } from "./send.ts";
import type { Listener } from "./types.ts";

export interface NtfyNotifier {
  readonly listener: Listener;
  /** Waits until all notices are sent, or given up on, but not longer than `limit` milliseconds. */
  readonly drain: (limit: number) => Promise<void>;
}

/**
 * Tells people through ntfy of what they want to know: publishes, applies, roll-backs, the first failure and recovery.
 * One notice after the other, in the background: a failed notice is lost, and never anybody's failure.
 * @param report is told, once until a notice gets through again, that notices fail. Not the listener of all events,
 *   or a failed notice would be told by a notice
 */
export function createNtfyNotifier(
  {
    ntfy,
    notify,
    wake,
    instanceName,
    secrets,
  }: Pick<Config, "ntfy" | "notify" | "wake" | "instanceName" | "secrets">,
  report: Listener,
  { fetch = globalThis.fetch }: { fetch?: typeof globalThis.fetch } = {},
): NtfyNotifier {
  if (ntfy === undefined) return { listener: () => {}, drain: async () => {} };
  let works = true;
  let queue = Promise.resolve();

  async function tell(notice: Notice, { server, topic, authorization }: NtfyConfig): Promise<void> {
    // At the server's root: https://docs.ntfy.sh/publish/#publish-as-json.
    const problem = await send(fetch, server, server, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...(authorization && { Authorization: authorization }) },
      body: JSON.stringify({ topic, ...notice, ...(notify.clickUrl && { click: notify.clickUrl }) }),
    });
    if (problem !== undefined && works)
      report({ type: "notice-failed", to: "ntfy", reason: redact(problem, secrets) });
    works = problem === undefined;
  }

  return {
    listener: (event) => {
      const isTold = isWanted(event, notify.level, wake !== undefined);
      const notice = isTold ? describeNotice(event, instanceName) : undefined;
      if (notice === undefined) return;
      const message = redact(notice.message, secrets);
      queue = queue.then(() => tell({ ...notice, message }, ntfy));
    },
    drain: (limit) => {
      const tooLate = new AbortController();
      const late = sleep(limit, undefined, { signal: tooLate.signal }).catch(() => {});
      return Promise.race([queue, late]).finally(() => tooLate.abort());
    },
  };
}
