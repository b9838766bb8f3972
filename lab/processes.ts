import { readdirSync, readFileSync } from "node:fs";

/** The parent of a process; undefined when it is gone. Field 4 of /proc/PID/stat, after a name that may hold anything. */
function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}

/** All processes below `pid`, whatever session they are in. */
export function descendantsOf(pid: number): number[] {
  const all = readdirSync("/proc").map(Number).filter(Number.isInteger);
  const parents = new Map(all.map((each) => [each, parentOf(each)]));
  const found = [pid];
  for (const each of found) for (const [child, parent] of parents) if (parent === each) found.push(child);
  return found.slice(1);
}

/** SIGKILL to the process and all below it, at one instant as far as they can tell: the parent is stopped first. */
export function killAll(pid: number): void {
  send(pid, "SIGSTOP");
  for (const each of [...descendantsOf(pid), pid]) send(each, "SIGKILL");
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself in the meantime, which is all that was wanted.
  }
}
