import type { ChildProcess } from "node:child_process";
import { onPath } from "./install/on-path.ts";
import { childOf } from "./processes.ts";
import { waitFor } from "./wait.ts";

/**
 * A command as PID 1 of a namespace of its own: all in it ends with PID 1, as in a container, and that with us, however
 * we end. By whole paths, because what is started may have a PATH of its own.
 */
export function inNamespace(command: readonly string[]): [string, ...string[]] {
  const [setpriv, unshare] = ["setpriv", "unshare"].map((name) => onPath(name) ?? name) as [string, string];
  const namespace = [unshare, "--fork", "--pid", "--mount-proc", "--kill-child"];
  return [setpriv, "--pdeathsig", "KILL", ...namespace, ...command];
}

/**
 * The pid of PID 1, as it is outside. unshare stays outside and starts PID 1 as its child. One that has ended before it
 * was seen (this process reads databases for seconds at times) is not missed: nothing asks for it any more.
 */
export async function pidOfFirst(outer: ChildProcess): Promise<number> {
  const { pid } = outer;
  if (pid === undefined) throw new Error("unshare cannot be started");
  const find = () => childOf(pid) ?? (isRunning(outer) ? undefined : pid);
  return waitFor("PID 1 starts", find, { every: 5 });
}

export function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}
