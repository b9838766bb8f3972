import type { ReplicatorEvent } from "../events/index.ts";
import type { Problem } from "../result.ts";

/** The last thing that went wrong. Times are milliseconds since 1970. */
export interface ActiveProblem {
  readonly problem: Problem;
  readonly since: number;
  /** How many times in a row. */
  readonly times: number;
  /** Undefined: it goes on. */
  readonly solvedAt: number | undefined;
  /** What ends it: a cycle that ends well, a snapshot that is applied or published, or a Kuma that is ready. */
  readonly endsWith: "cycle" | "snapshot" | "kuma";
}

/** The trouble after an event, or the same one when the event says nothing of it. */
export function nextProblem(
  current: ActiveProblem | undefined,
  event: ReplicatorEvent,
  now: number,
): ActiveProblem | undefined {
  switch (event.type) {
    case "cycle-failed":
      return happen(current, event.problem, "cycle", now);
    case "rolled-back":
      return happen(current, event.problem, "snapshot", now);
    case "kuma-start-failed":
      return happen(current, event.problem, "kuma", now);
    case "cycle-done":
      return event.succeeded ? solve(current, "cycle", now) : current;
    case "published":
    case "applied":
      return solve(current, "snapshot", now);
    case "kuma-ready":
      return solve(current, "kuma", now);
    default:
      return current;
  }
}

function happen(
  current: ActiveProblem | undefined,
  problem: Problem,
  endsWith: ActiveProblem["endsWith"],
  now: number,
): ActiveProblem {
  const goesOn = current?.solvedAt === undefined && current?.problem.code === problem.code;
  return {
    problem,
    since: goesOn ? current.since : now,
    times: goesOn ? current.times + 1 : 1,
    solvedAt: undefined,
    endsWith,
  };
}

function solve(
  current: ActiveProblem | undefined,
  endsWith: ActiveProblem["endsWith"],
  now: number,
): ActiveProblem | undefined {
  if (current === undefined || current.solvedAt !== undefined || current.endsWith !== endsWith)
    return current;
  return { ...current, solvedAt: now };
}
