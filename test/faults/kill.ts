import { assertInvariant } from "../support/invariant.ts";
import type { SupervisorNamespace } from "../support/supervisor-namespace.ts";

/**
 * How long something takes here and now, and a little more, milliseconds: kills are spread over it. A figure that is
 * written down would miss the end of it on a busy machine, and most of them would miss all of it on a fast one.
 */
export async function spanOf(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return 1.1 * (performance.now() - begun);
}

/** @returns whether it still ran */
export function kill(pid: number): boolean {
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false; // It had just ended by itself.
  }
}

/** The next cycle, or one of the next few, goes well: what was done is no lasting harm. */
export async function cycleUntilWell(instance: SupervisorNamespace): Promise<void> {
  const types: string[] = [];
  for (let times = 0; times < 4; times += 1) {
    const { type } = await instance.cycle();
    types.push(type);
    if (type !== "cycle-failed" && type !== "rolled-back") return;
  }
  assertInvariant(false, `no cycle goes well: ${types.join(", ")}\n${instance.output().slice(-3_000)}`);
}
