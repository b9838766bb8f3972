import treeKill from "tree-kill";
import { listOrphans } from "./orphans.ts";
import { descendantsOf, listProcesses, type ProcessEntry, sendSignal } from "./process-tree.ts";

/** A tree that keeps growing while all its known members are stopped is not one that we understand. */
const MAX_ROUNDS = 50;

/**
 * SIGKILL to a child of ours and to all its descendants, whatever session or process group they made for themselves.
 * As PID 1 also to descendants that lost their parent and are ours by inheritance; our other children (a running
 * restic) and theirs are spared, and so is what was brought in from outside (docker exec).
 *
 * Everything is stopped before anything is killed, again and again until a listing finds nobody new: a stopped process
 * cannot start another, and none can slip away by losing its parent between the listing and the kill. A pid cannot have
 * passed to a stranger in between: ours are freed only by our own waiting, which this synchronous call excludes, and
 * the others would need the kernel to go once around all pids within these few milliseconds.
 *
 * Where there is no /proc (macOS), tree-kill does it. It is not used on Linux: it asks `ps`, which slim images lack,
 * and the failure of that reaches nobody who could catch it.
 *
 * @param root the pid of a child that Node has not yet reported as ended
 */
export function killTree(root: number): void {
  const processes = listProcesses();
  if (processes === undefined) {
    treeKill(root, "SIGKILL", () => undefined);
    return;
  }

  const members = new Set<number>();
  for (let round = 0, grew = true; grew && round < MAX_ROUNDS; round++) {
    const now = membersOf(root, listProcesses() ?? processes).filter((pid) => !members.has(pid));
    for (const pid of now) {
      members.add(pid);
      sendSignal(pid, "SIGSTOP");
    }
    grew = now.length > 0;
  }
  for (const pid of members) sendSignal(pid, "SIGKILL");
}

function membersOf(root: number, processes: ReadonlyMap<number, ProcessEntry>): number[] {
  const found = new Set([root, ...descendantsOf(root, processes), ...listOrphans(processes)]);
  return [...found].filter((pid) => processes.has(pid));
}
