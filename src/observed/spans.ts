/** From when on something was so; it lasts until the next one begins. Times are milliseconds since 1970. */
export interface Span<State> {
  readonly from: number;
  readonly state: State;
}

/** What a picture of a few hundred points of width can show. */
const MOST_SPANS = 300;

/**
 * Adds a state to a history, oldest first; the same list when nothing is new. A state that began before the last one
 * is taken to have begun with it.
 */
export function addSpan<State>(
  spans: readonly Span<State>[],
  state: State,
  from: number,
): readonly Span<State>[] {
  const last = spans.at(-1);
  if (last?.state === state) return spans;
  return [...spans, { from: Math.max(from, last?.from ?? from), state }].slice(-MOST_SPANS);
}
