import { describeEvent, type ReplicatorEvent } from "../events/index.ts";
import { formatDuration, shortId } from "../format.ts";
import type { TimelineEntry } from "../observed/index.ts";
import { type ChangeCounts, type NamedChanges, phraseChanges } from "../snapshot/index.ts";
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
    return html`<div><strong>Published</strong> ${name(event.snapshot)}${renderChanges(event, hide)}</div>`;
  if (event.type !== "applied") return html`<div>${hide(describeEvent(event).message)}</div>`;
  const { snapshot, monitoringGapMs, notes } = event;
  const pause =
    monitoringGapMs === 0 ? "without a stop" : `monitoring paused for ${formatDuration(monitoringGapMs)}`;
  const remarks = notes.map((note) => html`<p class="quiet">${hide(note)}</p>`);
  return html`<div><strong>Applied</strong> ${name(snapshot)} of ${hide(snapshot.instanceName)}, ${pause}${renderChanges(event, hide)}${remarks}</div>`;
}

function name({ id }: { readonly id: string }): Html {
  const short = html`<code>${shortId(id)}</code>`;
  // What was imported, or published by a bash version, bears another name here than in the repository.
  return /^[0-9a-f]+$/.test(id)
    ? html`snapshot <a href="snapshot?id=${id}">${short}</a>`
    : html`snapshot ${short}`;
}

/** One label for each phrase of "2 monitors added, 1 tag removed", coloured by its verb; under them a few names. */
function renderChanges(
  { changes, named }: { readonly changes: ChangeCounts | undefined; readonly named?: NamedChanges },
  hide: (text: string) => string,
): Html {
  const phrases = changes === undefined ? ["the whole configuration"] : phraseChanges(changes, named);
  const labels = (phrases.length === 0 ? ["no changes"] : phrases).map(
    (phrase) => html`<li class="${/\b(added|removed)$/.exec(phrase)?.[1] ?? "changed"}">${hide(phrase)}</li>`,
  );
  const examples =
    changes !== undefined && named !== undefined && named.more > 0
      ? html`<p class="quiet">Among them ${hide(named.first.join(", "))}.</p>`
      : undefined;
  return html`<ul class="chips">${labels}</ul>${examples}`;
}
