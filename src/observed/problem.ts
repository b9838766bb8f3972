import type { ReplicatorEvent } from "../events/index.ts";
import type { Problem } from "../result.ts";

/** The last thing that went wrong. Times are milliseconds since 1970. */
export interface Trouble {
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
export function nextTrouble(
  trouble: Trouble | undefined,
  event: ReplicatorEvent,
  now: number,
): Trouble | undefined {
  switch (event.type) {
    case "cycle-failed":
      return happen(trouble, event.problem, "cycle", now);
    case "rolled-back":
      return happen(trouble, event.problem, "snapshot", now);
    case "kuma-start-failed":
      return happen(trouble, event.problem, "kuma", now);
    case "cycle-done":
      return event.succeeded ? solve(trouble, "cycle", now) : trouble;
    case "published":
    case "applied":
      return solve(trouble, "snapshot", now);
    case "kuma-ready":
      return solve(trouble, "kuma", now);
    default:
      return trouble;
  }
}

function happen(
  trouble: Trouble | undefined,
  problem: Problem,
  endsWith: Trouble["endsWith"],
  now: number,
): Trouble {
  const goesOn = trouble?.solvedAt === undefined && trouble?.problem.code === problem.code;
  return {
    problem,
    since: goesOn ? trouble.since : now,
    times: goesOn ? trouble.times + 1 : 1,
    solvedAt: undefined,
    endsWith,
  };
}

function solve(
  trouble: Trouble | undefined,
  endsWith: Trouble["endsWith"],
  now: number,
): Trouble | undefined {
  if (trouble === undefined || trouble.solvedAt !== undefined || trouble.endsWith !== endsWith)
    return trouble;
  return { ...trouble, solvedAt: now };
}
