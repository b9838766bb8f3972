import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";

/**
 * Every process that this Node has started and that has not been waited for yet.
 *
 * Node announces each ChildProcess on the built-in channel "child_process" while it is being made
 * (https://nodejs.org/api/diagnostics_channel.html#built-in-channels), whoever makes it: execa, tree-kill, ourselves.
 * Spawning is one synchronous step from there to the known pid, so no callback of ours can ever run while a child
 * exists whose pid is not to be read here. A list that each place of spawning had to feed would lack that certainty.
 * spawnSync is not announced, and need not be: it starts, waits and reaps within one synchronous call.
 * Subscribed when this module loads, hence before the program proper can start anything.
 */
const children = new Set<ChildProcess>();

subscribe("child_process", (message) => {
  children.add((message as { process: ChildProcess }).process);
});

/**
 * The pids of our own children: those alive, and those that are dead but not yet reaped by Node.
 * Never call it between a spawn and the end of that synchronous step (no caller could).
 */
export function ownChildren(): Set<number> {
  const pids = new Set<number>();
  for (const child of children) {
    // Node sets one of the two in the very step that reaps the child. Without a pid the start itself failed.
    const isReaped = child.exitCode !== null || child.signalCode !== null;
    if (isReaped || child.pid === undefined) children.delete(child);
    else pids.add(child.pid);
  }
  return pids;
}
