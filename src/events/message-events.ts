import type { Problem } from "../result.ts";

/** What becomes of messages: to people, and those that wake a replica (REPLICATOR_WAKE). */
export type MessageEvent = NotificationFailed | WakeReady | WakeFailed | Woken | RestartWaits;

/** Reported once until a notification succeeds. */
interface NotificationFailed {
  readonly type: "notification-failed";
  /** Where to: "ntfy", or the name of the setting that holds a secret address. */
  readonly to: string;
  readonly reason: string;
}

/** This replica is subscribed to the topic of publishes, from now on or again. */
interface WakeReady {
  readonly type: "wake-ready";
}

/** It is not, and checks the repository at its interval alone; reported once until it is subscribed again. */
interface WakeFailed {
  readonly type: "wake-failed";
  readonly problem: Problem;
}

/** A message of a publish came, or may have been missed: a cycle follows at once. */
interface Woken {
  readonly type: "woken";
}

/** Other replicas were told of the same snapshot: Kuma is restarted for it at this one's turn. */
interface RestartWaits {
  readonly type: "restart-waits";
  readonly waitMs: number;
}
