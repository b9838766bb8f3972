import type { KumaLimits } from "../config/index.ts";

const MAX_RESTART_PAUSE = 60_000;

/** A run of this length means that Kuma is well. */
const HEALTHY_RUN = 5 * 60_000;

/** Counts crashes in a row, and says when Kuma is started again. */
export interface RestartPolicy {
  readonly crashes: number;
  /**
   * Counts one more crash; after a healthy run it is the first again.
   * @param ranFor how long Kuma had run, milliseconds
   * @returns milliseconds to wait before the next start; undefined when the limit is reached
   */
  recordCrash(ranFor: number): number | undefined;
  /** Kuma was seen to run. */
  reset(): void;
}

/** A pause that doubles with each crash in a row, up to a minute. */
export function createRestartPolicy({
  restartLimit,
  restartPause,
}: Pick<KumaLimits, "restartLimit" | "restartPause">): RestartPolicy {
  let crashes = 0;
  return {
    get crashes() {
      return crashes;
    },
    recordCrash: (ranFor) => {
      crashes = ranFor >= HEALTHY_RUN ? 1 : crashes + 1;
      if (crashes > restartLimit) return undefined;
      return Math.min(restartPause * 2 ** (crashes - 1), MAX_RESTART_PAUSE);
    },
    reset: () => {
      crashes = 0;
    },
  };
}
