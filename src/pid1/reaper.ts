import { ownChildren } from "./own-children.ts";
import { loadWait, type Wait } from "./wait.ts";

type Reaper =
  | { readonly kind: "reaping"; stop(): void }
  /** We are not PID 1: orphans are another init's. */
  | { readonly kind: "not-needed" }
  /** `reason`: in sentences, with what to do about it. Everything else works without. */
  | { readonly kind: "unavailable"; readonly reason: string };

/** A burst of deaths costs one round; far below the second within which an orphan is to be gone. */
const GATHER_MS = 20;
/** Signals of one kind merge while one is pending, and each round takes all there is; this is the net below that. */
const CHECK_ANYWAY_MS = 15_000;

/**
 * Reaps orphans: dead processes that were handed to us as PID 1, because their own parent died before them. Node
 * waits only for children that it started itself, so without this they stay zombies until the pids run out.
 *
 * waitpid(-1) would steal Node's own children from it: their `exit` event then never comes. So each dead child is
 * looked at without taking it (WNOWAIT), and taken only when it is none of ours. That is free of races: all of this
 * is one synchronous step on the one thread that spawns, a pid that is not reaped cannot be given to another process,
 * and `ownChildren` knows every child from before it could die. A dead child of ours that stands in front ends the
 * round; Node reaps it within the same turn of its event loop, and the next round goes on behind it.
 *
 * Only for a process whose children are all started from its main thread, as ours are.
 */
export async function startReaper(): Promise<Reaper> {
  if (process.pid !== 1) return { kind: "not-needed" };
  const wait = await loadWait();
  if (!wait.ok) return { kind: "unavailable", reason: `${wait.problem.message} ${wait.problem.advice}` };
  return { kind: "reaping", stop: keepReaping(wait.value) };
}

/** Reaps whenever a child dies. @returns what ends it */
function keepReaping(wait: Wait): () => void {
  let gathering: NodeJS.Timeout | undefined;
  const round = () => {
    gathering = undefined;
    if (!reapOrphans(wait)) soon();
  };
  const soon = () => {
    gathering ??= setTimeout(round, GATHER_MS).unref();
  };
  const net = setInterval(soon, CHECK_ANYWAY_MS).unref();
  process.on("SIGCHLD", soon);
  soon();
  return () => {
    process.off("SIGCHLD", soon);
    clearInterval(net);
    clearTimeout(gathering);
  };
}

/** @returns false when a dead child that Node has yet to reap hides what may be behind it */
function reapOrphans(wait: Wait): boolean {
  for (let dead = wait.peek(); dead !== undefined; dead = wait.peek()) {
    if (ownChildren().has(dead)) return false;
    wait.reap(dead);
  }
  return true;
}
