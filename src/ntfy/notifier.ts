import { type Config, type NtfyConfig, redact, type WebhookConfig } from "../config/index.ts";
import type { Listener } from "../events/index.ts";
import { createFetch, type Fetch } from "../fetch/index.ts";
import { describeAsMessage, isWanted, type NtfyMessage } from "./message.ts";
import { createOutbox, type Outbox, type Outgoing } from "./outbox.ts";

export interface Notifier extends Pick<Outbox, "drain"> {
  readonly listener: Listener;
}

/** Of what tells nobody anything. */
export const SILENT: Notifier = { listener: () => {}, drain: async () => {} };

/**
 * Notifies people through ntfy, or a webhook, of what they want to know: publishes, applies, roll-backs, the first
 * failure and recovery. In the background, and never anybody's failure.
 * @param report gets an event when messages fail, once until one succeeds. Not the listener of all events, or a failed
 *   message would cause another
 */
export function createNtfyNotifier(
  config: Pick<Config, "ntfy" | "webhook" | "proxy" | "notify" | "wake" | "instanceName" | "secrets">,
  report: Listener,
  { fetch = createFetch(config.proxy) }: { fetch?: Fetch } = {},
): Notifier {
  const { ntfy, notify, wake, instanceName, secrets } = config;
  const target = ntfy ?? config.webhook;
  if (target === undefined) return SILENT;
  const { send, drain } = createOutbox("topic" in target ? "ntfy" : "NTFY_URL", secrets, report, fetch);

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
      send("topic" in target ? toTopic(message, target) : toWebhook(message, target));
    },
    drain,
  };
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
