import { assertInvariant } from "../support/invariant.ts";
import type { SupervisorNamespace } from "../support/supervisor-namespace.ts";

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
