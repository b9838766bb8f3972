/**
 * What of the configuration is this instance's own, by its settings and its role. Plain data; what is left out is off.
 */
export interface Rules {
  /** Accounts and API keys are replicated, too. */
  readonly accounts?: boolean;
  /** Push monitors that are active in the snapshot are paused here. */
  readonly pausesPush?: boolean;
  /** Proxies, Docker hosts and remote browsers are the primary's, but values that were set here stay. */
  readonly keepsValues?: boolean;
  /** What was added here stays here: it is neither published nor removed. */
  readonly keepsLocal?: boolean;
}

/** Whether something here may be this instance's own, other than in the snapshot. */
export function mayBeOwn({ pausesPush = false, keepsValues = false, keepsLocal = false }: Rules): boolean {
  return pausesPush || keepsValues || keepsLocal;
}
