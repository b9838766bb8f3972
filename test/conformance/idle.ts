import { setTimeout as sleep } from "node:timers/promises";
import { usageOf } from "../support/processes.ts";
import type { Column } from "./columns.ts";
import { openInstance } from "./instance.ts";

const MINUTE = 60_000;
/** Until the first cycle and the collection of its garbage are over. */
const SETTLING = 15_000;

/** What PID 1 uses while nothing happens: a primary between two cycles. Bytes, milliseconds of CPU, seconds. */
export async function measureIdle(
  column: Column,
): Promise<{ resident: number; own: number; cpu: number; seconds: number }> {
  const instance = await openInstance(column, {});
  try {
    await instance.noted("ready");
    await sleep(SETTLING);
    const before = usageOf(instance.first);
    await sleep(MINUTE);
    const { resident, own, cpu } = usageOf(instance.first);
    return { resident, own, cpu: cpu - before.cpu, seconds: MINUTE / 1000 };
  } finally {
    await instance.close();
  }
}
