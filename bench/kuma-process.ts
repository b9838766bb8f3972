import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { isKumaReady } from "../test/support/kuma/bare-kuma.ts";
import { childOf } from "../test/support/processes.ts";

/** Between two looks, milliseconds: well below anything that is measured with them. */
const LOOK_EVERY = 5;

/** When it first answers, as `performance.now()`. */
export async function firstAnswer(port: number): Promise<number> {
  while (!(await isKumaReady(port))) await sleep(LOOK_EVERY);
  return performance.now();
}

/** When it answered last before it fell silent, as `performance.now()`. */
export async function lastAnswer(port: number): Promise<number> {
  for (let last = performance.now(); ; await sleep(LOOK_EVERY)) {
    const asked = performance.now();
    if (!(await isKumaReady(port))) return last;
    last = asked;
  }
}

/** Ends a bare Kuma in order: SIGTERM, then its exit. Gives when the signal was sent, as `performance.now()`. */
export async function stopBareKuma(outer: ChildProcess): Promise<number> {
  const exited = once(outer, "exit");
  const pid = childOf(outer.pid ?? 0);
  if (pid === undefined) throw new Error("Kuma does not run");
  const asked = performance.now();
  process.kill(pid, "SIGTERM");
  await exited;
  return asked;
}
