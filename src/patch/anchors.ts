/**
 * The places in Kuma's source that the patch depends on. Each stands exactly once, in these words, in every tag of
 * louislam/uptime-kuma from 1.23.0-beta.0 to 2.5.3 and at the heads of its branches 1.23.X, 2.2.X, 3.0.X and master
 * (docs/notification-patch.md).
 */

/** The one file of Kuma that is changed: every message passes through the `send` of the class that it exports. */
export const NOTIFICATION_FILE = "server/notification.js";

/** The files that are added; their sources are in patches/. Each is there before the one that requires it. */
export const INJECTED_FILES: readonly string[] = [
  "server/replicator-kuma-notification.cjs",
  "server/replicator-kuma-alerts.cjs",
  "server/replicator-kuma-peers.cjs",
  "server/replicator-kuma-gate.cjs",
  "server/replicator-kuma-monitors.cjs",
  "server/replicator-kuma-reload.cjs",
  "server/replicator-kuma-restart.cjs",
  "server/replicator-kuma-live.cjs",
];

/** The insertion goes right before this. */
export const EXPORT_ANCHOR = "module.exports = {\n    Notification,\n};";

/**
 * Required when Kuma starts, not when it sends: should a file be missing, Kuma does not start, instead of running
 * without messages.
 */
export const INSERTION = [
  "// Replicator Kuma: every message begins with the name of this instance.",
  'require("./replicator-kuma-notification.cjs")(Notification);',
  "// It may end with what other instances say, or be left to one of them.",
  'require("./replicator-kuma-peers.cjs")(Notification);',
  "// And its configuration can be changed while it runs.",
  'require("./replicator-kuma-live.cjs")(Notification);',
  "",
  "",
].join("\n");

export interface Sender {
  readonly file: string;
  readonly anchor: string;
  /** False: the file came in a later release, and is checked only where it exists. */
  readonly always: boolean;
}

/**
 * Who sends, where they get Notification from, and how one is made to send. They are not changed; but a release that sends in another way
 * would silently bypass the patch, so that has to fail the build.
 */
export const SENDERS: readonly Sender[] = [
  {
    file: "server/model/monitor.js",
    anchor: 'const { Notification } = require("../notification");',
    always: true,
  },
  // What sends a message that was withheld: patches/replicator-kuma-alerts.cjs.
  {
    file: "server/model/monitor.js",
    anchor: "static async sendNotification(isFirstBeat, monitor, bean) {",
    always: true,
  },
  {
    file: "server/model/domain_expiry.js",
    anchor: 'const { Notification } = require("../notification");',
    always: false,
  },
  { file: "server/server.js", anchor: 'const { Notification } = require("./notification");', always: true },
];
