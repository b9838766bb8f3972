/** The patience of listening, all in milliseconds. */
export interface WakeTimes {
  /** How long the server may take to its stream's first line. */
  readonly open: number;
  /**
   * How long an open stream may be silent. The server sends a keepalive every 45 s, unless its operator chose another
   * pace (keepalive-interval, https://docs.ntfy.sh/config/): then a new stream is opened more often than needed.
   */
  readonly silence: number;
  /** The pause after a stream ended; it doubles up to the longest. */
  readonly shortestPause: number;
  readonly longestPause: number;
  /** A stream that lived so long ended for no reason of its own, such as a restart: the pauses begin anew. */
  readonly steady: number;
  /** Between two wakes, so that a flood of notices costs no more than the shortest interval that can be set. */
  readonly apart: number;
}

export const WAKE_TIMES: WakeTimes = {
  open: 20_000,
  silence: 180_000,
  shortestPause: 1_000,
  longestPause: 60_000,
  steady: 10_000,
  apart: 5_000,
};
