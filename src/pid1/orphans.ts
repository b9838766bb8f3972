import { setTimeout as sleep } from "node:timers/promises";
import { steadyNow } from "../clock.ts";
import { ownChildren } from "./own-children.ts";
import { descendantsOf, listProcesses, type ProcessEntry, sendSignal } from "./process-tree.ts";

/** Milliseconds between two checks whether they have ended. */
const CHECK_EVERY_MS = 50;

/**
 * As PID 1, the living processes that lost their parent and are ours by inheritance, and all below them. Not in it: our
 * own children, and what was brought in from outside (docker exec), whose parent is 0.
 */
export function listOrphans(processes: ReadonlyMap<number, ProcessEntry>): number[] {
  if (process.pid !== 1) return [];
  const own = ownChildren();
  return [...processes.values()]
    .filter(({ pid, parent }) => parent === 1 && !own.has(pid))
    .flatMap(({ pid }) => [pid, ...descendantsOf(pid, processes)])
    .filter((pid) => !processes.get(pid)?.isZombie);
}

/**
 * Ends what a child that is gone has left running: SIGTERM, and SIGKILL to what is still there after `grace`
 * milliseconds. No-op unless we are PID 1: elsewhere such processes are another init's.
 * @param isSpared what somebody else ends
 */
export async function endOrphans(grace: number, isSpared: (pid: number) => boolean): Promise<void> {
  const list = () => listOrphans(listProcesses() ?? new Map()).filter((pid) => !isSpared(pid));
  sendAll(list(), "SIGTERM");
  for (const end = steadyNow() + grace; list().length > 0; await sleep(CHECK_EVERY_MS)) {
    if (steadyNow() > end) return sendAll(list(), "SIGKILL");
  }
}

function sendAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) sendSignal(pid, signal);
}
