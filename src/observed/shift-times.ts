import type { Span } from "./spans.ts";
import type { ObservedState } from "./state.ts";

/**
 * The same state with all its times moved: what was kept by the steady clock, as the machine's clock shows it.
 * @param by milliseconds
 */
export function shiftTimes(state: ObservedState, by: number): ObservedState {
  const { kuma, uptime, cycle, agreement } = state;
  const shift = <Time extends number | undefined>(time: Time) =>
    (time === undefined ? undefined : time + by) as Time;
  const shiftSpans = <State>(spans: readonly Span<State>[]) =>
    spans.map((span) => ({ ...span, from: span.from + by }));
  return {
    ...state,
    startedAt: shift(state.startedAt),
    kuma: {
      ...kuma,
      since: shift(kuma.since),
      pause: kuma.pause && { ...kuma.pause, until: shift(kuma.pause.until) },
    },
    uptime: {
      ...uptime,
      down: uptime.down && { ...uptime.down, since: shift(uptime.down.since) },
      spans: shiftSpans(uptime.spans),
    },
    cycle: {
      ...cycle,
      startedAt: shift(cycle.startedAt),
      succeededAt: shift(cycle.succeededAt),
      nextAt: shift(cycle.nextAt),
    },
    problems: state.problems.map((problem) => ({
      ...problem,
      since: shift(problem.since),
      solvedAt: shift(problem.solvedAt),
    })),
    agreement: {
      checkedAt: shift(agreement.checkedAt),
      behindSince: shift(agreement.behindSince),
      spans: shiftSpans(agreement.spans),
      snapshots: agreement.snapshots.map((snapshot) => ({ ...snapshot, time: shift(snapshot.time) })),
    },
    timeline: state.timeline.map((entry) => ({ ...entry, at: shift(entry.at) })),
  };
}
