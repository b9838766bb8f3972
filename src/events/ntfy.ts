import { setTimeout as sleep } from "node:timers/promises";
import { type Config, type NtfyConfig, redact } from "../config/index.ts";
import { describeNotice, type Notice } from "./notice.ts";
import type { Listener } from "./types.ts";

/** How long the ntfy server may take for one notice, milliseconds. */
const NOTICE_LIMIT = 10_000;

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
  config: Pick<Config, "ntfy" | "instanceName" | "secrets">,
  report: Listener,
  { fetch = globalThis.fetch }: { fetch?: typeof globalThis.fetch } = {},
): NtfyNotifier {
  const { ntfy, instanceName, secrets } = config;
  if (ntfy === undefined) return { listener: () => {}, drain: async () => {} };
  let works = true;
  let queue = Promise.resolve();

  async function send(notice: Notice, ntfy: NtfyConfig): Promise<void> {
    const problem = await post(fetch, ntfy, notice);
    if (problem !== undefined && works) report({ type: "notice-failed", reason: redact(problem, secrets) });
    works = problem === undefined;
  }

  return {
    listener: (event) => {
      const notice = describeNotice(event, instanceName);
      if (notice === undefined) return;
      const message = redact(notice.message, secrets);
      queue = queue.then(() => send({ ...notice, message }, ntfy));
    },
    drain: (limit) => {
      const tooLate = new AbortController();
      const late = sleep(limit, undefined, { signal: tooLate.signal }).catch(() => {});
      return Promise.race([queue, late]).finally(() => tooLate.abort());
    },
  };
}

/**
 * Publishes one notice as JSON at the server's root: https://docs.ntfy.sh/publish/#publish-as-json.
 * @returns what went wrong, undefined when nothing did
 */
async function post(
  fetch: typeof globalThis.fetch,
  { server, topic, authorization }: NtfyConfig,
  notice: Notice,
): Promise<string | undefined> {
  try {
    const response = await fetch(server, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...(authorization && { Authorization: authorization }) },
      body: JSON.stringify({ topic, ...notice }),
      signal: AbortSignal.timeout(NOTICE_LIMIT),
    });
    await response.body?.cancel();
    return response.ok ? undefined : `${server} answered ${response.status}`;
  } catch (error) {
    return `${server} cannot be reached (${reasonOf(error)})`;
  }
}

/** fetch hides the reason, such as ECONNREFUSED, in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.cause.name : error.message;
}
