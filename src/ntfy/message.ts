import type { NotifyLevel } from "../config/index.ts";
import type { EventOf, ReplicatorEvent } from "../events/index.ts";
import { describeEvent, describeProblem, describePublished } from "../events/index.ts";
import { shorten } from "../fetch/index.ts";
import { describeChanges } from "../snapshot/index.ts";

/** One message of ntfy's JSON: https://docs.ntfy.sh/publish/#publish-as-json. */
export interface NtfyMessage {
  readonly title: string;
  readonly message: string;
  /** 1 to 5; 3 is the usual. */
  readonly priority: number;
  /** Names of emoji. */
  readonly tags: readonly string[];
}

/**
 * The emoji by which a replica knows the message of a publish. Instances of other releases know it, too, so it stays as
 * it is.
 */
export const PUBLISHED_TAG = "outbox_tray";
/** And those by which it knows the message of an apply, after the name of the instance in the title. */
export const APPLIED_TAG = "inbox_tray";
export const APPLIED = "configuration applied";

/** ntfy takes 4096 bytes and makes an attachment of more; a character has at most 4. */
const LONGEST_MESSAGE = 1_000;

/** Which of the events with a message belong to the levels between all and off. */
const LEVELS: Readonly<Record<"changes" | "errors", readonly ReplicatorEvent["type"][]>> = {
  changes: ["published", "applied", "replaced", "rolled-back"],
  errors: [
    "replaced",
    "rolled-back",
    "cycle-failed",
    "cycle-recovered",
    "bash-publishes",
    "retention-failed",
  ],
};

/** @param wakes whether replicas wait for the message of a publish: then that one is sent whatever people want */
export function isWanted({ type }: ReplicatorEvent, level: NotifyLevel, wakes: boolean): boolean {
  if (wakes && type === "published") return true;
  return level === "all" || (level !== "off" && LEVELS[level].includes(type));
}

/**
 * An event as a message to people, or undefined for the many that need none: there is none per cycle, and a failure
 * that goes on is reported once.
 */
export function describeAsMessage(event: ReplicatorEvent, instanceName: string): NtfyMessage | undefined {
  const message = (what: string, text: string, priority: number, tag: string): NtfyMessage => ({
    title: `${instanceName}: ${what}`,
    message: shorten(text, LONGEST_MESSAGE),
    priority,
    tags: [tag],
  });
  switch (event.type) {
    case "published":
      return message("configuration published", sentence(describePublished(event)), 2, PUBLISHED_TAG);
    case "applied":
      // Equal to what is here: a bash version publishes also what Uptime Kuma writes by itself.
      if (Object.keys(event.changes).length === 0) return undefined;
      return message(APPLIED, appliedMessage(event), 2, APPLIED_TAG);
    case "replaced":
      return message("configuration replaced", describeEvent(event).message, 4, "warning");
    case "rolled-back":
      return message("configuration rolled back", describeEvent(event).message, 4, "rewind");
    case "cycle-failed":
      if (event.repeated > 0) return undefined;
      return message("replication fails", describeProblem(event.problem), 4, "warning");
    case "cycle-recovered":
      return message("replication works again", describeEvent(event).message, 3, "white_check_mark");
    case "bash-publishes":
      return message("two primaries", describeEvent(event).message, 4, "warning");
    case "retention-failed":
      return message("old snapshots stay", describeEvent(event).message, 3, "warning");
    default:
      return undefined;
  }
}

function appliedMessage({ snapshot, changes, named, notes }: EventOf<"applied">): string {
  return [`From ${snapshot.instanceName}: ${describeChanges(changes, named)}.`, ...notes].join(" ");
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
