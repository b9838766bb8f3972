import { describeEvent, describePublished, type ReplicatorEvent } from "../events/index.ts";
import { formatDuration, shortId } from "../format.ts";
import type { TimelineEntry } from "../observed/index.ts";
import { describeChanges } from "../snapshot/index.ts";
import { type Html, html } from "./html.ts";
import { renderAgo } from "./times.ts";

const MOST_SHOWN = 30;

/** The last things that happened, newest first. `hide` takes secrets out of a text. */
export function listRecentEvents(
  timeline: readonly TimelineEntry[],
  hide: (text: string) => string,
  now: number,
): Html {
  if (timeline.length === 0) return html`<p class="quiet">Nothing yet.</p>`;
  const items = timeline
    .slice(-MOST_SHOWN)
    .reverse()
    .map(
      ({ at, event }) =>
        html`<li class="${event.type}">${renderAgo(at, now)}${renderEvent(event, hide)}</li>`,
    );
  return html`<ol class="recent-events">${items}</ol>`;
}

function renderEvent(event: ReplicatorEvent, hide: (text: string) => string): Html {
  if (event.type === "published")
    return html`<div><strong>Published</strong> ${name(event.snapshot)}${chips(describePublished(event.changes))}</div>`;
  if (event.type !== "applied") return html`<div>${hide(describeEvent(event).message)}</div>`;
  const { snapshot, changes, monitoringGapMs, notes } = event;
  const pause =
    monitoringGapMs === 0 ? "without a stop" : `monitoring paused for ${formatDuration(monitoringGapMs)}`;
  const remarks = notes.map((note) => html`<p class="quiet">${hide(note)}</p>`);
  return html`<div><strong>Applied</strong> ${name(snapshot)} of ${hide(snapshot.instanceName)}, ${pause}${chips(describeChanges(changes))}${remarks}</div>`;
}

function name({ id }: { readonly id: string }): Html {
  return html`snapshot <code>${shortId(id)}</code>`;
}

/** One label for each phrase of "2 monitors added, 1 tag removed", coloured by its verb. */
function chips(phrases: string): Html {
  const labels = phrases
    .split(", ")
    .map((phrase) => html`<li class="${/\b(added|changed|removed)$/.exec(phrase)?.[1]}">${phrase}</li>`);
  return html`<ul class="chips">${labels}</ul>`;
}
