import type { KumaLimits } from "../config/index.ts";

const MAX_RESTART_PAUSE = 60_000;

/** A run of this length means that Kuma is well. */
const HEALTHY_RUN = 5 * 60_000;

/**
 * How many crashes in a row one more makes, after a run of `ranFor` milliseconds: after a healthy one it is the first
 * again.
 */
export function countCrash(before: number, ranFor: number): number {
  return ranFor >= HEALTHY_RUN ? 1 : before + 1;
}

/**
 * Milliseconds to wait after the given number of crashes in a row (1 is the first), or undefined when the limit is
 * reached.
 */
export function pauseAfter(crashes: number, limits: KumaLimits): number | undefined {
  if (crashes > limits.restartLimit) return undefined;
  return Math.min(limits.restartPause * 2 ** (crashes - 1), MAX_RESTART_PAUSE);
}
