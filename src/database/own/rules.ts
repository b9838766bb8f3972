/** What of the configuration is this instance's own, by its settings and its role. Plain data; what is left out is off. */
export interface Rules {
  /** Push monitors that are active in the snapshot are paused here. */
  readonly pausesPush?: boolean;
}
