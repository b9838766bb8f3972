import { type Config, redact } from "../config/index.ts";
import { describeOwn } from "../events/index.ts";
import { formatDuration, shortId } from "../format.ts";
import { currentProblem, downtime, type ObservedState } from "../observed/index.ts";
import type { Fleet } from "../peers/index.ts";
import { version } from "../version.ts";
import { renderFleet } from "./fleet.ts";
import { type Html, html } from "./html.ts";
import { mark } from "./mark.ts";
import { listRecentEvents } from "./recent-events.ts";
import { script } from "./script.ts";
import { style } from "./style.ts";
import { drawTimeline } from "./timeline.ts";
import { renderAgo } from "./times.ts";
import { reachVerdict } from "./verdict.ts";

/** How often a browser without scripts asks again, seconds. */
const REFRESH = 20;

/**
 * The whole page. It needs nothing from outside, and says the same without its script.
 * @param fleet all instances; undefined: this one knows of no other
 * @param kumaPage where Uptime Kuma's own page is, as the reader reaches it; undefined: that is not known
 * @param now milliseconds since 1970
 */
export function renderPage(
  state: ObservedState,
  {
    secrets,
    kumaPage,
    fleet,
  }: Pick<Config, "secrets"> & {
    readonly kumaPage?: string | undefined;
    readonly fleet?: Fleet | undefined;
  },
  now: number,
): string {
  const hide = (text: string) => redact(text, secrets);
  const problem = currentProblem(state.problems);
  const { mood, headline, detail } = reachVerdict(state, now);
  const name = hide(state.instanceName);
  const problemSection = problem && renderProblem(problem, hide, now);
  const goesOn = problem?.solvedAt === undefined;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<noscript><meta http-equiv="refresh" content="${REFRESH}"></noscript>
<link rel="icon" type="image/svg+xml" href="favicon.svg">
<title>${headline} · ${name}</title>
<style>${{ markup: style }}</style>
</head>
<body>
<header>
<span class="mark">${{ markup: mark }}</span>
<h1>${name}</h1>
<p data-part="role"><span class="role">${state.role}</span> with Uptime Kuma ${state.kumaVersion}</p>
${kumaPage === undefined ? undefined : html`<p class="to-kuma"><a href="${kumaPage}">Open Uptime Kuma</a></p>`}
</header>
<main>
<section data-part="verdict" role="status" class="verdict ${mood}"><h2>${headline}</h2><p>${detail}</p></section>
${goesOn ? problemSection : undefined}
<dl data-part="facts" class="facts">${facts(state, hide, now)}</dl>
${fleet && renderFleet(fleet, hide, now)}
<section data-part="agreement">
<h2>Agreement</h2>
${drawTimeline(state, now)}
<p class="legend"><span class="agrees">in agreement</span><span class="behind">behind</span><span class="up">Kuma up</span><span class="paused">planned pause</span><span class="down">outage</span><span class="unknown">not known</span><span class="zone">${zone}</span></p>
</section>
${goesOn ? undefined : problemSection}
<section data-part="events">
<h2>What happened</h2>
${listRecentEvents(state.timeline, hide, now)}
</section>
</main>
<footer data-part="footer">Replicator Kuma ${version}, running for ${formatDuration(now - state.startedAt)} · <a href="snapshots">snapshots</a> · <a href="metrics">metrics</a> · <a href="healthz">health</a> · <a href="readyz">ready</a></footer>
<script>${{ markup: script }}</script>
</body>
</html>
`.markup;
}

function facts(state: ObservedState, hide: (text: string) => string, now: number): Html[] {
  const { kuma, cycle, uptime } = state;
  const { checkedAt, behindSince, spans, snapshots } = state.agreement;
  const latest = snapshots.at(-1);
  const lag = behindSince === undefined ? "none" : formatDuration(now - behindSince);
  const isKnown = spans.at(-1)?.state !== "unknown";
  const down = downtime(uptime, now);
  const rows: (readonly [string, Html | string])[] = [
    ["Uptime Kuma", `${kuma.state}, for ${formatDuration(now - kuma.since)}`],
    [
      "Latest snapshot",
      latest === undefined
        ? "none seen"
        : html`<a href="snapshot?id=${latest.id}"><code>${shortId(latest.id)}</code></a> of ${hide(latest.instanceName)}, ${renderAgo(latest.time, now)}`,
    ],
    ["Lag", isKnown ? lag : "not known"],
    ["Repository checked", checkedAt === undefined ? "not yet" : renderAgo(checkedAt, now)],
    [
      "Next cycle",
      cycle.isRunning
        ? "now"
        : cycle.nextAt
          ? `in ${formatDuration(cycle.nextAt - now)}`
          : "once Uptime Kuma is ready",
    ],
    ["Paused for changes", formatDuration((down.apply ?? 0) + (down["roll-back"] ?? 0))],
  ];
  const own = state.own ? describeOwn(state.own) : [];
  if (own.length > 0) rows.push(["Its own", own.join("; ")]);
  return rows.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`);
}

function renderProblem(
  observed: NonNullable<ReturnType<typeof currentProblem>>,
  hide: (text: string) => string,
  now: number,
): Html {
  const { problem, since, times, solvedAt } = observed;
  const often = times === 1 ? "" : `, ${times} times`;
  const [title, mood] = solvedAt === undefined ? ["Last error", "bad"] : ["Last error, solved", "solved"];
  const solved = solvedAt === undefined ? undefined : html`, solved ${renderAgo(solvedAt, now)}`;
  return html`<section data-part="problem" class="problem ${mood}"><h2>${title}</h2>
<p>${hide(problem.message)}</p><p><strong>${hide(problem.advice)}</strong></p>
<p class="quiet">First ${renderAgo(since, now)}${often}${solved}.</p></section>`;
}
