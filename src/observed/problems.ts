import type { ReplicatorEvent } from "../events/index.ts";
import type { Problem } from "../result.ts";

/** Something that went wrong, and may go on. Times are milliseconds since 1970. */
export interface ObservedProblem {
  /**
   * What fails, and so what ends it: a cycle that ends well, a snapshot that is applied or published, a Kuma that is
   * ready.
   */
  readonly of: "cycle" | "snapshot" | "kuma";
  readonly problem: Problem;
  readonly since: number;
  /** How many times in a row. */
  readonly times: number;
  /** Undefined: it goes on. */
  readonly solvedAt: number | undefined;
}

/** One of each kind at most, in the order in which they were last seen or solved. */
export type ObservedProblems = readonly ObservedProblem[];

/** What a person is to know of first: the latest that goes on, else the latest that is solved. */
export function currentProblem(problems: ObservedProblems): ObservedProblem | undefined {
  return problems.findLast(({ solvedAt }) => solvedAt === undefined) ?? problems.at(-1);
}

/** Why replication fails; undefined once a cycle went well. */
export function cycleProblem(problems: ObservedProblems): ObservedProblem | undefined {
  return problems.find((one) => one.of === "cycle" && one.solvedAt === undefined);
}

/** The problems after an event, or the same ones when the event says nothing of them. */
export function nextProblems(
  problems: ObservedProblems,
  event: ReplicatorEvent,
  now: number,
): ObservedProblems {
  switch (event.type) {
    case "cycle-failed":
      return add(problems, { of: "cycle", problem: event.problem, isAgain: event.repeated > 0 }, now);
    case "rolled-back":
      return add(problems, { of: "snapshot", problem: event.problem }, now);
    case "kuma-start-failed":
      return add(problems, { of: "kuma", problem: event.problem }, now);
    case "cycle-recovered":
      return solve(problems, "cycle", now);
    case "cycle-done":
      return event.succeeded ? solve(problems, "cycle", now) : problems;
    case "published":
    case "applied":
      return solve(problems, "snapshot", now);
    case "kuma-ready":
      return solve(problems, "kuma", now);
    default:
      return problems;
  }
}

/** @param isAgain whether it is the one before, once more; left out: when its code is the same */
function add(
  problems: ObservedProblems,
  { of, problem, isAgain }: Pick<ObservedProblem, "of" | "problem"> & { readonly isAgain?: boolean },
  now: number,
): ObservedProblems {
  const before = problems.find((one) => one.of === of && one.solvedAt === undefined);
  const goesOn = before !== undefined && (isAgain ?? before.problem.code === problem.code);
  const others = problems.filter((one) => one.of !== of);
  const since = goesOn ? before.since : now;
  const times = goesOn ? before.times + 1 : 1;
  return [...others, { of, problem, since, times, solvedAt: undefined }];
}

function solve(problems: ObservedProblems, of: ObservedProblem["of"], now: number): ObservedProblems {
  const solved = problems.find((one) => one.of === of && one.solvedAt === undefined);
  if (solved === undefined) return problems;
  return [...problems.filter((one) => one !== solved), { ...solved, solvedAt: now }];
}
