import { readDotenv } from "../config/dotenv.ts";
import { locateKuma } from "../config/kuma.ts";
import { formatDuration } from "../format.ts";
import { type Answer, probe } from "../kuma/probe.ts";
import { nowFor, readStatus, type StoredStatus } from "../observed/status.ts";

// The modules above are named one by one, since a health check runs every minute: their folders' indexes would load
// SQLite, the logger and the schema of all settings too.

export interface Health {
  readonly healthy: boolean;
  /** One line, why. */
  readonly reason: string;
}

/** Number of intervals without a good cycle after which the line warns. */
const LATE_AFTER = 3;

/**
 * Prints one line and gives the exit code: 0 healthy, 1 not. For another process beside the running instance.
 * @param json a JSON document instead
 */
export async function health(env: NodeJS.ProcessEnv, cwd: string, json = false): Promise<number> {
  const { healthy, reason } = await askHealth(env, cwd);
  const line = `${healthy ? "healthy" : "unhealthy"}: ${reason}`;
  process.stdout.write(`${json ? JSON.stringify({ healthy, reason }, undefined, 2) : line}\n`);
  return healthy ? 0 : 1;
}

async function askHealth(processEnv: NodeJS.ProcessEnv, cwd: string): Promise<Health> {
  const file = readDotenv(cwd);
  const env = { ...(file.ok ? file.value : {}), ...processEnv } as Record<string, string>;
  const place = locateKuma(env, cwd);
  if (!place.ok) return { healthy: false, reason: `${place.problem.message} ${place.problem.advice}` };
  const { url, stateDir } = place.value;
  const answer = await probe(url);
  const status = readStatus(stateDir);
  return judge(answer, status, url, nowFor(status));
}

/**
 * Healthy is a Kuma that is ready, one that waits for a person to choose its database, and one that is silent on
 * purpose and not for too long: for an apply, or in a migration, which a restart would break for good. Replication
 * that fails is a warning and no more: the monitoring goes on, and a restart would only interrupt it.
 * @param status undefined when the instance has not written one yet
 * @param now milliseconds since 1970
 */
export function judge(answer: Answer, status: StoredStatus | undefined, url: string, now: number): Health {
  if (answer === "ready") return { healthy: true, reason: `Uptime Kuma answers. ${lastCycle(status, now)}` };
  if (answer === "setup")
    return { healthy: true, reason: "Uptime Kuma waits for a person to choose its database." };
  const { pause } = status ?? {};
  if (pause !== undefined && now < pause.until)
    return {
      healthy: true,
      reason: `${PAUSES[pause.for]}, for ${formatDuration(pause.until - now)} more at the longest.`,
    };
  const state = status && `; it is ${STATES[status.kuma]}, for ${formatDuration(now - status.since)}`;
  return { healthy: false, reason: `Uptime Kuma does not answer properly at ${url}${state ?? ""}.` };
}

const PAUSES = {
  apply: "Uptime Kuma is stopped to apply a new configuration",
  "roll-back": "Uptime Kuma is stopped to go back to the configuration before",
  migration: "Uptime Kuma is migrating its database",
} as const satisfies Record<NonNullable<StoredStatus["pause"]>["for"], string>;

const STATES = {
  starting: "starting",
  setup: "waiting for the choice of its database",
  ready: "running",
  stopping: "stopping",
  stopped: "stopped",
  crashed: "down after a crash",
} as const satisfies Record<StoredStatus["kuma"], string>;

function lastCycle(status: StoredStatus | undefined, now: number): string {
  if (status === undefined) return "Nothing is known about its replication.";
  const at = status.lastCycleAt ?? status.since;
  const lastGood =
    status.lastCycleAt === undefined
      ? "No cycle went well yet"
      : `Last good cycle ${formatDuration(now - at)} ago`;
  const isLate = now - at > LATE_AFTER * status.interval;
  return isLate
    ? `Warning: ${lastGood}, with one due every ${formatDuration(status.interval)}; the log says why.`
    : `${lastGood}.`;
}
