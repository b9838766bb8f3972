import type { LogEntry } from "./log-file.ts";

/** From when to when, milliseconds since 1970. */
export type Span = readonly [begin: number, end: number];

/** The restarts of Kuma in a log, each from the beginning of its stop until Kuma answers, or until it counts as good. */
export function restartsIn(entries: readonly LogEntry[], until: "kuma-ready" | "applied"): Span[] {
  const spans: Span[] = [];
  let begin: number | undefined;
  for (const { at, event } of entries) {
    if (event.type === "kuma-stopping") begin = at;
    if (event.type !== until || begin === undefined) continue;
    spans.push([begin, at]);
    begin = undefined;
  }
  return spans;
}

/** How many of these were under way at the same moment. */
export function mostAtOnce(spans: readonly Span[]): number {
  const moments = spans.flatMap(([begin, end]): Span[] => [
    [begin, 1],
    [end, -1],
  ]);
  let count = 0;
  return Math.max(0, ...moments.sort(([a], [b]) => a - b).map(([, step]) => (count += step)));
}
