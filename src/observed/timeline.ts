import type { ReplicatorEvent } from "../events/index.ts";

/** An event and when it happened, milliseconds since 1970. */
export interface TimelineEntry {
  readonly at: number;
  readonly event: ReplicatorEvent;
}

const LONGEST_TIMELINE = 200;

/** Not in it: what every cycle or every start of Kuma brings. */
const NOTABLE: readonly ReplicatorEvent["type"][] = [
  "warning",
  "kuma-waiting-for-setup",
  "kuma-killed",
  "kuma-crashed",
  "kuma-start-failed",
  "repository-created",
  "published",
  "applied",
  "replaced",
  "rolled-back",
  "taken-over",
  "cycle-failed",
  "cycle-recovered",
  "bash-publishes",
  "retention-failed",
  "notification-failed",
  "wake-ready",
  "wake-failed",
];

/** What is worth a person's eye, oldest first, after an event. */
export function nextTimeline(
  timeline: readonly TimelineEntry[],
  event: ReplicatorEvent,
  at: number,
): readonly TimelineEntry[] {
  const isRepeated = event.type === "cycle-failed" && event.repeated > 0;
  if (isRepeated || !NOTABLE.includes(event.type)) return timeline;
  return [...timeline, { at, event }].slice(-LONGEST_TIMELINE);
}
