import * as z from "zod";
import * as field from "./fields.ts";
import { DEFAULT_KUMA_COMMAND } from "./kuma.ts";
import type { AlertMode, ApplyWay, Config, NotifyLevel } from "./types.ts";

/** A shorter one would keep restic running without a break: each of its commands takes about half a second. */
const SHORTEST_INTERVAL = 5_000;

/**
 * The variables that are ours, with their defaults. An empty one counts as unset, and times are milliseconds once they
 * are read. Each is described for people in docs/configuration.md, and becomes a member of `Config` in load.ts.
 * Not here: where things are (KUMA_DIR, REPLICATOR_STATE_DIR: kuma.ts), what names a file (http.ts, ntfy.ts), and what
 * is restic's (restic.ts, environment.ts).
 */
export const settingsSchema = z.object({
  /** BACKUP makes a primary, anything else a replica. */
  REPLICATOR_MODE: field.optional(),
  /** What people and other instances call this one; unset: the hostname. */
  REPLICATOR_INSTANCE_NAME: field.optional().refine((name) => !/\p{Cc}/u.test(name), {
    message: "contains control characters",
    params: { advice: "Choose a name of one line of plain text." },
  }),
  /** Whether a primary creates the repository where there is none. */
  REPLICATOR_INIT: field.yesOrNo(true),
  /** Whether this start publishes once onto another primary's snapshot. */
  REPLICATOR_TAKEOVER: field.yesOrNo(false),
  /** What becomes of a configuration of a replica's own at its first apply. */
  REPLICATOR_ADOPT: field.oneOf<Config["adopt"]>(["ask", "replace"], "ask"),
  /** Whether what is added on a replica stays there. */
  REPLICATOR_LOCAL: field.yesOrNo(false),
  /** Whether accounts and API keys are replicated. */
  REPLICATOR_ACCOUNTS: field.yesOrNo(false),
  /** Where push monitors are active. */
  REPLICATOR_PUSH: field.oneOf<Config["push"]>(["everywhere", "primary"], "everywhere"),
  /** What a primary keeps of our snapshots. */
  REPLICATOR_KEEP: field.keepPolicy("--keep-last 30 --keep-daily 30"),
  /** How a snapshot reaches a Kuma that runs. */
  REPLICATOR_APPLY: field.oneOf<ApplyWay>(["live", "restart"], "restart"),
  /** How long Kuma must run with a new configuration before that counts as verified. */
  REPLICATOR_PROOF_WINDOW: field.duration("10s", 0),
  /** How long Kuma may take to end before it is killed. */
  REPLICATOR_STOP_GRACE: field.duration("30s", 1_000),
  /** How long a started Kuma may stay silent before it counts as hung. */
  REPLICATOR_START_LIMIT: field.duration("3m", 1_000),
  /** Crashes in a row until the container ends with Kuma's exit code. */
  REPLICATOR_RESTART_LIMIT: field.count(10),
  /** Pause after the first crash. */
  REPLICATOR_RESTART_PAUSE: field.duration("1s", 0),
  /** Between two cycles of a primary. */
  BACKUP_INTERVAL: field.duration("5m", SHORTEST_INTERVAL),
  /** Between two cycles of a replica. */
  RESTORE_INTERVAL: field.duration("6m", SHORTEST_INTERVAL),
  /** How Kuma is started. */
  KUMA_COMMAND: field.command(DEFAULT_KUMA_COMMAND),
  /** Where messages go. */
  NTFY_URL: field.ntfyAddress(),
  /** Which events people are told of. */
  REPLICATOR_NOTIFY: field.oneOf<NotifyLevel>(["all", "changes", "errors", "off"], "all"),
  /** What a tap on a message opens. */
  REPLICATOR_CLICK_URL: field.webAddress(),
  /** A second address for messages, as JSON for programs. */
  REPLICATOR_WEBHOOK_URL: field.webAddress(),
  /** What tells a replica of a publish besides its interval. */
  REPLICATOR_WAKE: field.oneOf(["off", "ntfy"], "off"),
  /** The dead man's switch that is pinged after each cycle. */
  REPLICATOR_PING_URL: field.webAddress(),
  /** Where page, metrics and health are served. */
  REPLICATOR_HTTP: field.listenAddress(),
  /** Where the other instances are, as far as they can be reached from here: their REPLICATOR_HTTP. */
  REPLICATOR_PEERS: field.webAddresses(),
  /** Which instances send the messages of a monitor. */
  REPLICATOR_ALERT: field.oneOf<AlertMode>(["each", "annotate", "once", "quorum"], "each"),
  /** How many must have a monitor down, with "quorum". */
  REPLICATOR_ALERT_AGREE: field.countOrMajority("2"),
  /** How long those are waited for that have not looked yet, with "quorum". */
  REPLICATOR_ALERT_WAIT: field.duration("2m", 0),
  /** After so long what is down on too few instances is told all the same, with "quorum". */
  REPLICATOR_ALERT_ALONE: field.duration("10m", 0),
  /** A folder that is kept as Kuma is configured, a readable file for each table. */
  REPLICATOR_EXPORT_DIR: field.optional(),
  /** Whether secrets are in those files as they are. */
  REPLICATOR_EXPORT_SECRETS: field.yesOrNo(false),
  /** Added to every call of restic. */
  REPLICATOR_RESTIC_OPTIONS: field.resticOptions(),
  /** User and group that Kuma 1.x runs as, as its own image has it. */
  PUID: field.userId(),
  PGID: field.userId(),
  LOG_LEVEL: field.oneOf<Config["log"]["level"]>(["debug", "info", "warn", "error"], "info"),
  LOG_FORMAT: field.oneOf<Config["log"]["format"]>(["text", "json"], "text"),
});

export type Settings = z.infer<typeof settingsSchema>;
