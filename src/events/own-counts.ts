/** How much is here on purpose other than in the snapshot that was applied. */
export interface OwnCounts {
  /** Monitors, and all else that people make, that are here alone. */
  readonly local: { readonly monitors: number; readonly others: number };
  /** Push monitors that are paused here alone. */
  readonly paused: number;
  /** Proxies, Docker hosts and remote browsers of the primary with values that were set here. */
  readonly values: number;
}

/** In words, a part for each kind; empty where nothing is. */
export function describeOwn({ local, paused, values }: OwnCounts): string[] {
  return [
    ...(local.monitors + local.others > 0
      ? [`entries that are here alone (monitors: ${local.monitors}, others: ${local.others})`]
      : []),
    ...(paused > 0 ? [`${paused} push ${paused === 1 ? "monitor is" : "monitors are"} paused here`] : []),
    ...(values > 0 ? [`${values} of proxies, Docker hosts and remote browsers with values of its own`] : []),
  ];
}
