import type { Listener } from "../events/index.ts";
import type { Supervisor } from "../kuma/index.ts";
import { failure, type Problem } from "../result.ts";
import { createCycles } from "./cycles.ts";

/** What there is in place of replication, where that cannot be. */
export interface Blocked {
  /** Keeps Kuma up until the signal aborts. Never rejects; Kuma's end is the caller's to see to. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * Runs Kuma without replication: the monitoring goes on, and each cycle fails with the same problem, so that it stays
 * visible wherever failures are: log, notifications, dead man's switch, page, metrics and health.
 * @param interval milliseconds between two cycles
 */
export function createBlocked(problem: Problem, interval: number, kuma: Supervisor, emit: Listener): Blocked {
  const cycles = createCycles(
    async () => failure(problem),
    () => interval,
    kuma,
    emit,
  );
  return {
    run: (signal) => {
      // Not after Kuma's start, which may take minutes.
      cycles.reportResult(failure(problem), signal);
      return cycles.run(signal);
    },
  };
}

/**
 * One problem that names them all, each beside what to do about it.
 * @returns undefined when there are none
 */
export function blockedBy(obstacles: readonly Problem[]): Problem | undefined {
  const last = obstacles.at(-1);
  if (last === undefined) return undefined;
  const others = obstacles.slice(0, -1).map(({ message, advice }) => `${message} ${advice}`);
  return {
    code: last.code,
    message: `Uptime Kuma runs without replication: ${[...others, last.message].join(" ")}`,
    advice: last.advice,
  };
}
