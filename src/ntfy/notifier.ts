import { setTimeout as sleep } from "node:timers/promises";
import { type Config, type NtfyConfig, redact, type WebhookConfig } from "../config/index.ts";
import type { Listener } from "../events/index.ts";
import { createFetch, type Fetch, sendRequest } from "../fetch/index.ts";
import { describeAsMessage, isWanted, type NtfyMessage } from "./message.ts";

export interface NtfyNotifier {
  readonly listener: Listener;
  /** Waits until all messages are sent, or given up on, but not longer than `limit` milliseconds. */
  readonly drain: (limit: number) => Promise<void>;
}

/**
 * Notifies people through ntfy, or a webhook, of what they want to know: publishes, applies, roll-backs, the first
 * failure and recovery. One message after the other, in the background: a failed one is lost, and never anybody's
 * failure.
 * @param report gets an event when messages fail, once until one succeeds. Not the listener of all events, or a failed
 *   message would cause another
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

  async function sendMessage(message: NtfyMessage, to: NtfyConfig | WebhookConfig): Promise<void> {
    const { name, url, request } = "topic" in to ? toTopic(message, to) : toWebhook(message, to);
    const problem = await sendRequest(fetch, name, url, request);
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
    message: NtfyMessage,
    { server, topic, authorization, query, headers }: NtfyConfig,
  ): Outgoing {
    const click = notify.clickUrl && { click: notify.clickUrl };
    return {
      name: server,
      url: query === undefined ? server : `${server}?${query}`,
      request: {
        method: "POST",
        headers: { ...headers, "Content-Type": "application/json", ...authorizationOf(authorization) },
        body: JSON.stringify({ topic, ...message, ...click }),
      },
    };
  }

  return {
    listener: (event) => {
      if (!isWanted(event, notify.level, wake !== undefined)) return;
      const described = describeAsMessage(event, instanceName);
      if (described === undefined) return;
      const message = { ...described, message: redact(described.message, secrets) };
      queue = queue.then(() => sendMessage(message, target));
    },
    drain: (limit) => {
      const tooLate = new AbortController();
      const late = sleep(limit, undefined, { signal: tooLate.signal }).catch(() => {});
      return Promise.race([queue, late]).finally(() => tooLate.abort());
    },
  };
}

/** A request, and what stands for its address where that may be read. */
interface Outgoing {
  readonly name: string;
  readonly url: string;
  readonly request: RequestInit;
}

/** Its address may be a secret, so it is never named. */
function toWebhook(
  { title, message }: NtfyMessage,
  { url, authorization, query, headers }: WebhookConfig,
): Outgoing {
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
