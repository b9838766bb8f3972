import type { EventOf, ReplicatorEvent } from "../../src/events/index.ts";

const problem = { code: "x", message: "Something went wrong.", advice: "Mend it." };
const snapshot = { id: "0123456789abcdef", contentHash: "cd".repeat(32), instanceName: "north" };
const changes = {
  monitor: { added: 2, removed: 0, changed: 0 },
  notification: { added: 0, removed: 0, changed: 1 },
};

/** One event of each type, and of each shape of it. The compiler sees to it that no type is left out. */
export const samples: { [Type in ReplicatorEvent["type"]]: EventOf<Type> } = {
  started: { type: "started", role: "replica", instanceName: "south", kumaVersion: "2.5.3" },
  warning: { type: "warning", message: "Mind the step." },
  "kuma-starting": { type: "kuma-starting", pid: 42 },
  "kuma-ready": { type: "kuma-ready", afterMs: 1_234 },
  "kuma-waiting-for-setup": { type: "kuma-waiting-for-setup" },
  "kuma-migrating": { type: "kuma-migrating", forMs: 60_000 },
  "kuma-stopping": { type: "kuma-stopping", reason: "apply" },
  "kuma-stopped": { type: "kuma-stopped", exit: { code: 0 }, afterMs: 4_030 },
  "kuma-killed": { type: "kuma-killed", reason: "it did not end within 30 s of SIGTERM" },
  "kuma-crashed": { type: "kuma-crashed", exit: { signal: "SIGSEGV" }, crashes: 2, restartInMs: 2_000 },
  "kuma-start-failed": { type: "kuma-start-failed", problem, restartInMs: 2_000 },
  "database-server-started": { type: "database-server-started", pid: 43, afterMs: 3_210 },
  "database-server-ended": { type: "database-server-ended", pids: [43], killed: true, afterMs: 30_010 },
  "repository-created": { type: "repository-created" },
  "cycle-started": { type: "cycle-started" },
  "cycle-done": { type: "cycle-done", succeeded: true, durationMs: 512, nextInMs: 300_000 },
  "repository-checked": {
    type: "repository-checked",
    latest: { ...snapshot, time: Date.UTC(2026, 10, 23, 15) },
    agrees: true,
  },
  "role-changed": { type: "role-changed", role: "primary", interval: 300_000 },
  unchanged: { type: "unchanged", role: "primary" },
  "nothing-published-yet": { type: "nothing-published-yet", found: "no-snapshot" },
  "bash-publishes": {
    type: "bash-publishes",
    instanceName: "old",
    snapshotId: snapshot.id,
    time: Date.UTC(2026, 10, 23, 15),
  },
  published: { type: "published", snapshot, changes },
  applied: { type: "applied", snapshot, changes, monitoringGapMs: 5_100, notes: ["A column was left out."] },
  replaced: { type: "replaced", snapshot, lost: 'monitor "router" and 3 more' },
  "rolled-back": { type: "rolled-back", snapshot, problem },
  "taken-over": { type: "taken-over", resumed: 1, shared: 2 },
  "own-counted": {
    type: "own-counted",
    own: { local: { monitors: 2, others: 1 }, paused: 0, values: 1 },
  },
  "cycle-failed": { type: "cycle-failed", problem, repeated: 0 },
  "cycle-recovered": { type: "cycle-recovered", failures: 3 },
  "snapshots-forgotten": { type: "snapshots-forgotten", forgotten: 3 },
  "retention-failed": { type: "retention-failed", problem },
  "state-report": { type: "state-report", role: "primary", kuma: "ready", head: snapshot.id },
  "notification-failed": { type: "notification-failed", to: "ntfy", reason: "https://ntfy.sh answered 403" },
  "wake-ready": { type: "wake-ready" },
  "wake-failed": { type: "wake-failed", problem },
  woken: { type: "woken" },
  "peer-reached": { type: "peer-reached", address: "http://kuma-sgp:3080", name: "sgp" },
  "peer-lost": { type: "peer-lost", address: "http://kuma-sgp:3080", problem },
  "restart-waits": { type: "restart-waits", waitMs: 23_000 },
  "shutting-down": { type: "shutting-down", signal: "SIGTERM" },
  stopped: { type: "stopped", exitCode: 0 },
};
