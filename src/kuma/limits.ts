import type { KumaLimits } from "../config/index.ts";

const MAX_RESTART_PAUSE = 60_000;

/** A run of this length means that Kuma is well: the next crash counts as the first again. */
export const HEALTHY_RUN = 5 * 60_000;

/**
 * Milliseconds to wait after the given number of crashes in a row (1 is the first), or undefined when the limit is
 * reached.
 */
export function pauseAfter(crashes: number, limits: KumaLimits): number | undefined {
  if (crashes > limits.restartLimit) return undefined;
  return Math.min(limits.restartPause * 2 ** (crashes - 1), MAX_RESTART_PAUSE);
}
