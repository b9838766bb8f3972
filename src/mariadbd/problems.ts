import type { DatabaseProblem } from "../database/index.ts";

export const ADVICE = {
  missing: "Use an image of Uptime Kuma that has it: those whose tag ends in -slim have not.",
  stopOther: "Stop the other one: two of them on the same data harm each other.",
} as const;

/** The database cannot be reached, since its server does not run. */
export function unreachable(message: string, advice: string): DatabaseProblem {
  return { code: "database-unreachable", message, advice };
}

export function interruptedStart(): DatabaseProblem {
  return unreachable(
    "The work on Uptime Kuma's embedded MariaDB was interrupted.",
    "Nothing to do: the next cycle or start goes on from here.",
  );
}

export function inUse(pid: number, serverDir: string): DatabaseProblem {
  return unreachable(
    `Another Uptime Kuma runs the MariaDB server (process ${pid}) on ${serverDir}.`,
    ADVICE.stopOther,
  );
}
