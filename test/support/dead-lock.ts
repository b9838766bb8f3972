import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const LAST_PID = "/proc/sys/kernel/ns_last_pid";

/** Why no lock with a chosen pid can be made on this machine, if so. */
export function whyNoDeadLock(): string | undefined {
  if (process.getuid?.() !== 0) return "making a PID namespace takes root";
  return existsSync(LAST_PID) ? undefined : "this kernel lets nobody choose a pid";
}

/**
 * Leaves the exclusive lock of a real restic that had this pid, in a PID namespace of its own, and was killed: what is
 * left of a container.
 * @param repository a folder
 * @param env restic's
 */
export async function leaveLock(repository: string, env: Record<string, string>, pid: number): Promise<void> {
  const before = locksIn(repository).length;
  // On a busy machine restic may be done, and its lock gone, before we look: then once more.
  while (locksIn(repository).length === before) await killOnceLocked(repository, env, pid);
}

async function killOnceLocked(repository: string, env: Record<string, string>, pid: number): Promise<void> {
  const before = locksIn(repository).length;
  const script = `echo ${pid - 1} > ${LAST_PID}; restic check -q & wait`;
  const namespace = ["--fork", "--pid", "--mount-proc", "--kill-child"];
  const container = spawn("unshare", [...namespace, "sh", "-c", script], { env, stdio: "ignore" });
  const exited = once(container, "exit");
  try {
    // restic looks again 200 ms after it has made its lock: mostly time enough to kill it there.
    while (locksIn(repository).length === before && container.exitCode === null) await pause(10);
  } finally {
    container.kill("SIGKILL");
    await exited;
  }
}

function locksIn(repository: string): string[] {
  return readdirSync(join(repository, "locks")).filter((name) => /^[0-9a-f]{64}$/.test(name));
}
