import type { History } from "./history.ts";
import type { Span } from "./spans.ts";

/**
 * The same history with all its times moved: what was kept by the steady clock, as the machine's clock shows it.
 * @param by milliseconds
 */
export function moveHistory(history: History, by: number): History {
  const { status, uptime, agreement, problem } = history;
  const move = <Time extends number | undefined>(time: Time) =>
    (time === undefined ? undefined : time + by) as Time;
  const moveSpans = <State>(spans: readonly Span<State>[]) =>
    spans.map((span) => ({ ...span, from: span.from + by }));
  return {
    ...history,
    startedAt: move(history.startedAt),
    status: {
      ...status,
      since: move(status.since),
      pause: status.pause && { ...status.pause, until: move(status.pause.until) },
      lastCycleAt: move(status.lastCycleAt),
    },
    uptime: {
      ...uptime,
      down: uptime.down && { ...uptime.down, since: move(uptime.down.since) },
      spans: moveSpans(uptime.spans),
    },
    agreement: {
      seenAt: move(agreement.seenAt),
      behindSince: move(agreement.behindSince),
      spans: moveSpans(agreement.spans),
      snapshots: agreement.snapshots.map((snapshot) => ({ ...snapshot, time: move(snapshot.time) })),
    },
    attemptAt: move(history.attemptAt),
    successAt: move(history.successAt),
    nextAt: move(history.nextAt),
    timeline: history.timeline.map((happening) => ({ ...happening, at: move(happening.at) })),
    problem: problem && { ...problem, since: move(problem.since), solvedAt: move(problem.solvedAt) },
  };
}
