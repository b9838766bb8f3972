/** How patient a subscription is, all in milliseconds. */
export interface SubscriptionTimeouts {
  /** How long the server may take to its stream's first line. */
  readonly firstLine: number;
  /**
   * How long an open stream may be silent. The server sends a keepalive every 45 s, unless its operator chose another
   * pace (keepalive-interval, https://docs.ntfy.sh/config/): then a new stream is opened more often than needed.
   */
  readonly silence: number;
  /** The pause after a stream ended; it doubles up to the longest. */
  readonly shortestPause: number;
  readonly longestPause: number;
  /** A stream that lived so long ended for no reason of its own, such as a restart: the pauses begin anew. */
  readonly stable: number;
  /** Between two wakes, so that a flood of messages costs no more than the shortest interval that can be set. */
  readonly betweenWakes: number;
}

export const SUBSCRIPTION_TIMEOUTS: SubscriptionTimeouts = {
  firstLine: 20_000,
  silence: 180_000,
  shortestPause: 1_000,
  longestPause: 60_000,
  stable: 10_000,
  betweenWakes: 5_000,
};
