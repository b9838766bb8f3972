import { formatDuration, shortId } from "../format.ts";
import type { Problem } from "../result.ts";
import { describeChanges } from "../snapshot/index.ts";
import type { Exit } from "./kuma-events.ts";
import { describeOwn } from "./own-counts.ts";
import type { EventOf, ReplicatorEvent, SnapshotName } from "./types.ts";

type Level = "debug" | "info" | "warn" | "error";

/** An event in words for people, and how important it is. */
export interface Description {
  readonly level: Level;
  readonly message: string;
}

/** A problem that goes on is logged once in so many times; with the usual interval once an hour. */
const REMIND_EVERY = 12;

/** One event in words. Every type has its case: the compiler refuses one without. */
export function describeEvent(event: ReplicatorEvent): Description {
  switch (event.type) {
    case "started":
      return info(
        `Replicator Kuma: ${JSON.stringify(event.instanceName)} is a ${event.role}, with Uptime Kuma ${event.kumaVersion}.`,
      );
    case "warning":
      return warn(event.message);
    case "kuma-starting":
      return info(`Starting Uptime Kuma (process ${event.pid}).`);
    case "kuma-ready":
      return info(`Uptime Kuma is ready after ${formatDuration(event.afterMs)}.`);
    case "kuma-waiting-for-setup":
      return warn(
        "Uptime Kuma waits for its setup: open its page and choose a database. Replication begins after that.",
      );
    case "kuma-migrating":
      return info(
        `Uptime Kuma has been migrating its database for ${formatDuration(event.forMs)}. It is left alone until that is done.`,
      );
    case "kuma-stopping":
      return info(`Stopping Uptime Kuma ${STOP_REASONS[event.reason]}.`);
    case "kuma-stopped":
      return info(
        `Uptime Kuma stopped after ${formatDuration(event.afterMs)} (${describeExit(event.exit)}).`,
      );
    case "kuma-killed":
      return warn(`Killing Uptime Kuma because ${event.reason}.`);
    case "kuma-crashed":
      return error(describeCrash(event));
    case "kuma-start-failed":
      return error(
        event.restartInMs === undefined
          ? describeProblem(event.problem)
          : `${describeProblem(event.problem)} Trying again in ${formatDuration(event.restartInMs)}.`,
      );
    case "database-server-started":
      return info(
        `Started MariaDB to work on the database before Uptime Kuma runs (process ${event.pid}); ready after ${formatDuration(event.afterMs)}.`,
      );
    case "database-server-ended":
      return event.killed
        ? warn(
            `MariaDB did not end within ${formatDuration(event.afterMs)} and was killed (process ${event.pids.join(", ")}); it recovers at its next start.`,
          )
        : debug(`Ended MariaDB within ${formatDuration(event.afterMs)} (process ${event.pids.join(", ")}).`);
    case "repository-created":
      return info("There was no restic repository yet: it was created.");
    case "cycle-started":
      return debug("A cycle begins.");
    case "cycle-done":
      return debug(
        `The cycle ${event.succeeded ? "took" : "failed after"} ${formatDuration(event.durationMs)}.`,
      );
    case "repository-checked":
      return debug(describeChecked(event));
    case "role-changed":
      return info(
        event.role === "primary"
          ? "This instance is the primary, because a command made it so."
          : "This instance is a replica, because a command made it so.",
      );
    case "unchanged":
      return debug(
        event.role === "primary"
          ? "Nothing changed: nothing to publish."
          : "No new snapshot: nothing to apply.",
      );
    case "nothing-published-yet":
      return event.found === "no-repository"
        ? warn(
            "There is no restic repository where RESTIC_REPOSITORY points. Waiting for the primary to create it; if that has published already, the two do not name the same place.",
          )
        : info("The primary has not published anything yet: Uptime Kuma runs with what it has.");
    case "bash-publishes":
      return warn(
        `The bash version on ${JSON.stringify(event.instanceName)} still publishes: ${describeSnapshot(event.snapshotId)}, of ${new Date(event.time).toISOString()}. Nothing of it is applied any more. Stop it, or change its image to this one as a replica.`,
      );
    case "published":
      return info(`Published ${describeSnapshot(event.snapshot.id)}: ${describePublished(event)}.`);
    case "applied":
      return info(describeApplied(event));
    case "replaced":
      return warn(
        `The first apply here, of ${nameSnapshot(event.snapshot)}, removed or replaced ${event.lost}. \`replicator-kuma rollback\` brings that back, until the next apply.`,
      );
    case "rolled-back":
      return error(
        `Went back to the configuration before ${nameSnapshot(event.snapshot)}. ${describeProblem(event.problem)}`,
      );
    case "taken-over":
      return info(
        `This instance is the primary: ${count(event.resumed, "push monitor")} that it had paused as a replica goes on, ${count(event.shared, "monitor")} of its own is everybody's now.`,
      );
    case "own-counted":
      return debug(describeOwnCounted(event));
    case "cycle-failed":
      return describeFailure(event.problem, event.repeated);
    case "cycle-recovered":
      return info(`Replication works again, after ${count(event.failures, "failure")}.`);
    case "snapshots-forgotten":
      return info(`Forgot ${count(event.forgotten, "old snapshot")}, as REPLICATOR_KEEP says.`);
    case "retention-failed":
      return warn(
        `Old snapshots were not forgotten; that is tried again tomorrow. ${describeProblem(event.problem)}`,
      );
    case "state-report":
      return info(
        `State: ${event.role}; Uptime Kuma is ${event.kuma}; ${event.head === undefined ? "no snapshot yet" : describeSnapshot(event.head)}.`,
      );
    case "notification-failed":
      return warn(
        `A notification could not be sent to ${event.to}: ${event.reason}. Not logged again until one succeeds.`,
      );
    case "wake-ready":
      return info("Subscribed to ntfy: the primary's publishes wake this replica.");
    case "wake-failed":
      return warn(
        `Not subscribed to ntfy, so this replica checks for new snapshots at its interval alone. ${describeProblem(event.problem)} Not logged again until the subscription works.`,
      );
    case "woken":
      return debug(
        "A publish was announced, or its announcement may have been missed: checking the repository now.",
      );
    case "peer-reached":
      return info(`In touch with ${JSON.stringify(event.name)} at ${event.address}.`);
    case "peer-lost":
      return warn(
        `Out of touch for a minute. ${describeProblem(event.problem)} Not logged again until it is reached.`,
      );
    case "restart-waits":
      return info(
        `Uptime Kuma is restarted for a new snapshot when it is its turn, after ${formatDuration(event.waitMs)} without a restart of another replica at the latest, so that they do not all stop watching at once. A command or SIGUSR1 ends the wait.`,
      );
    case "shutting-down":
      return info(`${event.signal}: shutting down.`);
    case "stopped":
      return info(`Ended with exit code ${event.exitCode}.`);
  }
}

/** What happened and what to do. */
export function describeProblem({ message, advice }: Problem): string {
  return `${message} ${advice}`;
}

/** What a publish changed; without a former snapshot to compare with, it is the first. */
export function describePublished({
  changes,
  named,
}: Pick<EventOf<"published">, "changes" | "named">): string {
  return changes === undefined ? "the whole configuration" : describeChanges(changes, named);
}

function describeOwnCounted({ own }: EventOf<"own-counted">): string {
  const parts = describeOwn(own);
  return parts.length > 0 ? `Of its own: ${parts.join("; ")}.` : "Nothing here is of its own any more.";
}

const STOP_REASONS = {
  apply: "to apply a new configuration",
  shutdown: "for the shutdown",
  "roll-back": "to go back to the configuration before",
} as const;

function describeChecked({ latest, agrees }: EventOf<"repository-checked">): string {
  const since = new Date(latest.time).toISOString();
  return `The repository's latest is ${nameSnapshot(latest)}, of ${since}: this instance ${agrees ? "has" : "differs from"} it.`;
}

function describeApplied({ snapshot, changes, named, monitoringGapMs, notes }: EventOf<"applied">): string {
  const pause =
    monitoringGapMs === 0 ? "without a stop" : `monitoring paused for ${formatDuration(monitoringGapMs)}`;
  return [`Applied ${nameSnapshot(snapshot)}: ${describeChanges(changes, named)}; ${pause}.`, ...notes].join(
    " ",
  );
}

function describeCrash({ exit, crashes, restartInMs }: EventOf<"kuma-crashed">): string {
  const times = crashes === 1 ? "" : `, for the ${ordinal(crashes)} time in a row`;
  const next =
    restartInMs === undefined
      ? "That was once too often: giving up"
      : `Starting it again in ${formatDuration(restartInMs)}`;
  return `Uptime Kuma crashed (${describeExit(exit)})${times}. ${next}.`;
}

function describeFailure(problem: Problem, repeated: number): Description {
  if (repeated === 0) return error(describeProblem(problem));
  const again = `Still, ${repeated + 1} times in a row: ${describeProblem(problem)}`;
  return repeated % REMIND_EVERY === 0 ? error(again) : debug(again);
}

function nameSnapshot({ id, instanceName }: SnapshotName): string {
  return `${describeSnapshot(id)} of ${JSON.stringify(instanceName)}`;
}

function describeSnapshot(id: string): string {
  return `snapshot ${shortId(id)}`;
}

function describeExit(exit: Exit): string {
  return "code" in exit ? `exit code ${exit.code}` : exit.signal;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function ordinal(number: number): string {
  const ending =
    { one: "st", two: "nd", few: "rd" }[ordinals.select(number) as "one" | "two" | "few"] ?? "th";
  return `${number}${ending}`;
}

const ordinals = new Intl.PluralRules("en", { type: "ordinal" });

const debug = (message: string): Description => ({ level: "debug", message });
const info = (message: string): Description => ({ level: "info", message });
const warn = (message: string): Description => ({ level: "warn", message });
const error = (message: string): Description => ({ level: "error", message });
