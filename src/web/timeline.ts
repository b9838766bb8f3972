import { formatDuration, shortId } from "../format.ts";
import type { ObservedState, Span } from "../observed/index.ts";
import { type Html, html } from "./html.ts";
import { formatClock } from "./times.ts";

const LONGEST_VIEW = 24 * 3_600_000;
const SHORTEST_VIEW = 60_000;

const MINUTE = 60_000;
/** Times between two marks of the axis, milliseconds. */
const STEPS = [2, 5, 10, 15, 30, 60, 120, 180, 360].map((minutes) => minutes * MINUTE);
const MOST_TICKS = 5;

/** What a state is called where its class is not a word for people. */
const WORDS: Readonly<Record<string, string>> = {
  agrees: "in agreement",
  paused: "planned pause",
  down: "outage",
  unknown: "not known",
};

/** Lengths across are percents, so that it is as wide as the screen; down they are pixels. */
const LANE = { snapshots: 30, here: 62, kuma: 106, axis: 138 } as const;

/**
 * The picture of the agreement: above, when snapshots were published; below, when they arrived here, and when this
 * instance agreed with the latest; at last, when Kuma was up. From the start of the process or the last day.
 * @param now milliseconds since 1970
 */
export function drawTimeline(state: ObservedState, now: number): Html {
  const from = beginOfView(state, now);
  const x = (time: number) => `${(1 + (98 * (time - from)) / (now - from)).toFixed(2)}%`;
  const isSeen = (time: number) => time >= from && time <= now;

  const ticks = ticksBetween(from, now).map(
    (time) => html`<line class="grid" x1="${x(time)}" x2="${x(time)}" y1="16" y2="${LANE.axis - 14}"/>
<text class="tick" data-times="${time}" x="${x(time)}" y="${LANE.axis}" text-anchor="middle">${formatClock(time)}</text>`,
  );
  const snapshots = state.agreement.snapshots
    .filter(({ time }) => isSeen(time))
    .map(
      ({ id, time }) =>
        html`<circle class="snapshot" cx="${x(time)}" cy="${LANE.snapshots}" r="5"><title data-times="${time}">${formatClock(time)} snapshot ${shortId(id)}</title></circle>`,
    );
  const arrivals = state.timeline.flatMap(({ at, event }) => {
    if (event.type !== "applied" && event.type !== "rolled-back") return [];
    if (!isSeen(at)) return [];
    const { id } = event.snapshot;
    const published = state.agreement.snapshots.find((snapshot) => shortId(snapshot.id) === shortId(id));
    const verb = event.type === "applied" ? "applied" : "rolled back";
    const way =
      published && isSeen(published.time)
        ? html`<line class="way" x1="${x(published.time)}" y1="${LANE.snapshots}" x2="${x(at)}" y2="${LANE.here + 7}"/>`
        : undefined;
    return [
      html`${way}<circle class="${event.type}" cx="${x(at)}" cy="${LANE.here + 7}" r="5"><title data-times="${at}">${formatClock(at)} ${verb} snapshot ${shortId(id)}</title></circle>`,
    ];
  });

  return html`<svg width="100%" height="146" role="img" aria-label="The last ${formatDuration(now - from)}: snapshots in the repository, agreement of this instance, and Uptime Kuma">
${ticks}
<line class="rail" x1="1%" x2="99%" y1="${LANE.snapshots}" y2="${LANE.snapshots}"/>
${drawSpans(state.agreement.spans, LANE.here, 14)}
${drawSpans(state.uptime.spans, LANE.kuma, 8)}
${arrivals}${snapshots}
<text class="lane" x="1%" y="14">snapshots in the repository</text>
<text class="lane" x="1%" y="${LANE.here - 6}">this instance</text>
<text class="lane" x="1%" y="${LANE.kuma - 6}">Uptime Kuma</text>
</svg>`;

  function drawSpans(spans: readonly Span<string>[], y: number, height: number): Html[] {
    const place = (state: string) => {
      const [top, part] = SHAPES[state] ?? [0, 1];
      return html`y="${y + top * height}" height="${part * height}"`;
    };
    const unknown = html`<rect class="unknown" x="1%" width="98%" ${place("unknown")}/>`;
    const known = spans.flatMap((span, index) => {
      const begin = Math.max(span.from, from);
      const end = Math.min(spans[index + 1]?.from ?? now, now);
      if (end <= begin) return [];
      const width = ((98 * (end - begin)) / (now - from)).toFixed(2);
      const title = `${formatClock(begin)} to ${formatClock(end)}: ${WORDS[span.state] ?? span.state}`;
      return [
        html`<rect class="${span.state}" x="${x(begin)}" width="${width}%" ${place(span.state)}><title data-times="${begin} ${end}">${title}</title></rect>`,
      ];
    });
    return [unknown, ...known];
  }
}

/** The start of the process, within the longest and the shortest view: of the time before it nothing is known. */
function beginOfView({ startedAt }: ObservedState, now: number): number {
  return Math.min(Math.max(startedAt, now - LONGEST_VIEW), now - SHORTEST_VIEW);
}

/**
 * Where in its lane a state is drawn, in parts of the lane's height: so that states differ by more than their colour.
 */
const SHAPES: Readonly<Record<string, readonly [top: number, height: number]>> = {
  unknown: [0.45, 0.1],
  behind: [0, 1],
  agrees: [0.2, 0.6],
  up: [0.2, 0.6],
  paused: [0.6, 0.4],
  down: [-0.2, 1.4],
};

/** Round times on the clock, none so near an edge that its label would be cut off. */
function ticksBetween(from: number, to: number): number[] {
  const step = STEPS.find((size) => (to - from) / size <= MOST_TICKS) ?? 6 * 60 * MINUTE;
  const offset = new Date(to).getTimezoneOffset() * MINUTE;
  const first = Math.ceil((from - offset) / step) * step + offset;
  const margin = (to - from) / 20;
  return Array.from({ length: MOST_TICKS + 1 }, (_, index) => first + index * step).filter(
    (time) => time >= from + margin && time <= to - margin,
  );
}
