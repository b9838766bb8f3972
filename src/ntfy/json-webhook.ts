import { type Config, type Role, redactDeep } from "../config/index.ts";
import { describeEvent, type Listener, type ReplicatorEvent, type SnapshotName } from "../events/index.ts";
import { createFetch, type Fetch } from "../fetch/index.ts";
import type { Problem } from "../result.ts";
import type { ChangeCounts, NamedChanges } from "../snapshot/index.ts";
import { version } from "../version.ts";
import { describeAsMessage, isWanted } from "./message.ts";
import { type Notifier, SILENT } from "./notifier.ts";
import { createOutbox } from "./outbox.ts";

/** What is posted. For people in docs/monitoring.md; members are added, never taken away or renamed. */
interface WebhookBody {
  readonly event: ReplicatorEvent["type"];
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly instance: string;
  readonly role: Role;
  readonly level: "debug" | "info" | "warn" | "error";
  readonly title: string;
  readonly message: string;
  readonly snapshot: { readonly id: string; readonly instance: string } | null;
  readonly changes: ChangeCounts | null;
  /** The same by name, the first few, and how many there are besides. */
  readonly named: NamedChanges | null;
  readonly problem: Problem | null;
  readonly version: string;
}

/**
 * Posts what people are told of (REPLICATOR_NOTIFY) as JSON to REPLICATOR_WEBHOOK_URL, for programs. In the background,
 * and never anybody's failure.
 * @param report gets an event when that fails, once until it succeeds; never the address, a secret
 */
export function createJsonWebhook(
  config: Pick<Config, "jsonWebhookUrl" | "proxy" | "notify" | "instanceName" | "role" | "secrets">,
  report: Listener,
  { fetch = createFetch(config.proxy) }: { fetch?: Fetch } = {},
): Notifier {
  const { jsonWebhookUrl: url, notify, instanceName, secrets } = config;
  if (url === undefined) return SILENT;
  const { send, drain } = createOutbox("REPLICATOR_WEBHOOK_URL", secrets, report, fetch);
  let role = config.role;

  return {
    listener: (event) => {
      if (event.type === "role-changed") role = event.role;
      if (!isWanted(event, notify.level, false)) return;
      const described = describeAsMessage(event, instanceName);
      if (described === undefined) return;
      const { title, message } = described;
      const body: WebhookBody = {
        event: event.type,
        time: new Date().toISOString(),
        ...{ instance: instanceName, role, level: describeEvent(event).level, title, message },
        snapshot: "snapshot" in event ? nameOf(event.snapshot) : null,
        changes: ("changes" in event && event.changes) || null,
        named: ("named" in event && event.named) || null,
        problem: "problem" in event ? event.problem : null,
        version,
      };
      send({
        name: "the webhook",
        url,
        request: {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify(redactDeep(body, secrets)),
        },
      });
    },
    drain,
  };
}

function nameOf({ id, instanceName }: SnapshotName): WebhookBody["snapshot"] {
  return { id, instance: instanceName };
}
