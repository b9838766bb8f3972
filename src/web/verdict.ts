import { formatDuration } from "../format.ts";
import { currentProblem, type ObservedState } from "../observed/index.ts";

/** How the instance is, in one glance. */
export interface Verdict {
  readonly mood: "good" | "waiting" | "bad";
  readonly headline: string;
  readonly detail: string;
}

const KUMA_WORDS = {
  starting: "Uptime Kuma is starting",
  setup: "Uptime Kuma waits for its setup",
  ready: "Uptime Kuma is ready",
  stopping: "Uptime Kuma is stopping",
  stopped: "Uptime Kuma is stopped",
  crashed: "Uptime Kuma is down",
} as const satisfies Record<ObservedState["kuma"]["state"], string>;

/** The worst first: a Kuma that does not watch, then replication that fails, then a difference. */
export function reachVerdict(state: ObservedState, now: number): Verdict {
  const { role, kuma, uptime } = state;
  const { checkedAt, behindSince, snapshots } = state.agreement;
  const problem = currentProblem(state.problems);
  if (kuma.state === "setup")
    return waiting(KUMA_WORDS.setup, "Open its page and choose a database. Replication begins after that.");
  if (kuma.state === "stopped" && uptime.isFirstStart)
    return waiting("Starting", "The repository is asked for a new snapshot before Uptime Kuma is started.");
  if (kuma.state !== "ready") {
    const since = `For ${formatDuration(now - kuma.since)}.`;
    const words = KUMA_WORDS[kuma.state];
    return kuma.state === "crashed" ? bad(words, `${since} It is started again.`) : waiting(words, since);
  }
  if (problem !== undefined && problem.solvedAt === undefined)
    return problem.of === "snapshot"
      ? bad("The latest snapshot was refused", "This instance runs on the configuration before it.")
      : bad("Replication fails", "Uptime Kuma goes on with the configuration that it has.");
  if (behindSince !== undefined)
    return waiting(`Behind by ${formatDuration(now - behindSince)}`, whatIsDue(role));
  if (checkedAt === undefined)
    return waiting("Not checked yet", "The repository has not been reached since the start.");
  if (snapshots.length === 0) return waiting("Nothing is published yet", "The repository holds no snapshot.");
  return {
    mood: "good",
    headline: "In agreement",
    detail: "This instance has what the repository's latest snapshot holds.",
  };
}

function whatIsDue(role: ObservedState["role"]): string {
  return role === "primary"
    ? "What was changed here is published in the next cycle."
    : "The repository's latest snapshot is applied in the next cycle.";
}

function waiting(headline: string, detail: string): Verdict {
  return { mood: "waiting", headline, detail };
}

function bad(headline: string, detail: string): Verdict {
  return { mood: "bad", headline, detail };
}
