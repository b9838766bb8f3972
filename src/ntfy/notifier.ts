import { setTimeout as sleep } from "node:timers/promises";
import { type Config, type NtfyConfig, redact, type WebhookConfig } from "../config/index.ts";
import type { Listener } from "../events/index.ts";
import { createFetch, type Fetch, send } from "../fetch/index.ts";
import { describeAsMessage, isWanted, type NtfyMessage } from "./message.ts";

export interface NtfyNotifier {
  readonly listener: Listener;
  /** Waits until all notices are sent, or given up on, but not longer than `limit` milliseconds. */
  readonly drain: (limit: number) => Promise<void>;
}

/**
 * Tells people through ntfy, or a webhook, of what they want to know: publishes, applies, roll-backs, the first failure
 * and recovery. One notice after the other, in the background: a failed notice is lost, and never anybody's failure.
 * @param report is told, once until a notice gets through again, that notices fail. Not the listener of all events,
 *   or a failed notice would be told by a notice
 */
export function createNtfyNotifier(
  config: Pick<Config, "ntfy" | "webhook" | "proxy" | "notify" | "wake" | "instanceName" | "secrets">,
  report: Listener,
  { fetch = createFetch(config.proxy) }: { fetch?: Fetch } = {},
): NtfyNotifier {
  const { ntfy, notify, wake, instanceName, secrets } = config;
  const target = ntfy ?? config.webhook;
  if (target === undefined) return { listener: () => {}, drain: async () => {} };
  let works = true;
  let queue = Promise.resolve();

  async function sendMessage(notice: NtfyMessage, to: NtfyConfig | WebhookConfig): Promise<void> {
    const { name, url, request } = "topic" in to ? toTopic(notice, to) : toWebhook(notice, to);
    const problem = await send(fetch, name, url, request);
    if (problem !== undefined && works)
      report({
        type: "notification-failed",
        to: "topic" in to ? "ntfy" : "NTFY_URL",
        reason: redact(problem, secrets),
      });
    works = problem === undefined;
  }

  /** At the server's root: https://docs.ntfy.sh/publish/#publish-as-json. */
  function toTopic(
    notice: NtfyMessage,
    { server, topic, authorization, query, headers }: NtfyConfig,
  ): Message {
    const click = notify.clickUrl && { click: notify.clickUrl };
    return {
      name: server,
      url: query === undefined ? server : `${server}?${query}`,
      request: {
        method: "POST",
        headers: { ...headers, "Content-Type": "application/json", ...authorizationOf(authorization) },
        body: JSON.stringify({ topic, ...notice, ...click }),
      },
    };
  }

  return {
    listener: (event) => {
      const isTold = isWanted(event, notify.level, wake !== undefined);
      const notice = isTold ? describeAsMessage(event, instanceName) : undefined;
      if (notice === undefined) return;
      const message = redact(notice.message, secrets);
      queue = queue.then(() => sendMessage({ ...notice, message }, target));
    },
    drain: (limit) => {
      const tooLate = new AbortController();
      const late = sleep(limit, undefined, { signal: tooLate.signal }).catch(() => {});
      return Promise.race([queue, late]).finally(() => tooLate.abort());
    },
  };
}

/** A request, and what stands for its address where that may be read. */
interface Message {
  readonly name: string;
  readonly url: string;
  readonly request: RequestInit;
}

/** Its address may be a secret, so it is never named. */
function toWebhook(
  { title, message }: NtfyMessage,
  { url, authorization, query, headers }: WebhookConfig,
): Message {
  return {
    name: "the webhook",
    url: query === undefined ? url : `${url}?${query}`,
    request: {
      method: "POST",
      headers: { ...headers, "Content-Type": "text/plain; charset=utf-8", ...authorizationOf(authorization) },
      body: `${title}\n${message}`,
    },
  };
}

function authorizationOf(authorization: string | undefined): Record<string, string> {
  return authorization === undefined ? {} : { Authorization: authorization };
}
