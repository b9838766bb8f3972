import { type Config, redact } from "../config/index.ts";
import { formatDuration, shortId } from "../format.ts";
import type { History } from "../observed/index.ts";
import { downtime } from "../observed/index.ts";
import { version } from "../version.ts";
import { type Html, html } from "./html.ts";
import { listHappenings } from "./recent-events.ts";
import { style } from "./style.ts";
import { drawTimeline } from "./timeline.ts";
import { judge } from "./verdict.ts";
import { renderAgo } from "./words.ts";

/** How often the browser asks again, seconds. */
const REFRESH = 20;

/**
 * The whole page. It needs no script and nothing from outside.
 * @param now milliseconds since 1970
 */
export function renderPage(history: History, { secrets }: Pick<Config, "secrets">, now: number): string {
  const hide = (text: string) => redact(text, secrets);
  const { status, problem } = history;
  const { mood, headline, detail } = judge(history, now);
  const name = hide(history.instanceName);
  const told = problem && showTrouble(problem, hide, now);
  const goesOn = problem?.solvedAt === undefined;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="${REFRESH}">
<title>${headline} · ${name}</title>
<style>${{ markup: style }}</style>
</head>
<body>
<header>
<h1>${name}</h1>
<p><span class="role">${status.role}</span> with Uptime Kuma ${history.kumaVersion}</p>
</header>
<main>
<section class="verdict ${mood}"><h2>${headline}</h2><p>${detail}</p></section>
${goesOn ? told : undefined}
<dl class="facts">${facts(history, hide, now)}</dl>
<section>
<h2>Agreement</h2>
${drawTimeline(history, now)}
<p class="legend"><span class="agrees">in agreement</span><span class="behind">behind</span><span class="down">Kuma down</span><span class="unknown">not known</span><span class="zone">${zone}</span></p>
</section>
${goesOn ? undefined : told}
<section>
<h2>What happened</h2>
${listHappenings(history.timeline, hide, now)}
</section>
</main>
<footer>Replicator Kuma ${version}, running for ${formatDuration(now - history.startedAt)} · <a href="metrics">metrics</a> · <a href="healthz">health</a> · <a href="readyz">ready</a></footer>
</body>
</html>
`.markup;
}

function facts(history: History, hide: (text: string) => string, now: number): Html[] {
  const { status, nextAt, uptime, isInCycle } = history;
  const { seenAt, behindSince, spans, snapshots } = history.agreement;
  const latest = snapshots.at(-1);
  const lag = behindSince === undefined ? "none" : formatDuration(now - behindSince);
  const isKnown = spans.at(-1)?.state !== "unknown";
  const blind = downtime(uptime, now);
  const rows: readonly (readonly [string, Html | string])[] = [
    ["Uptime Kuma", `${status.kuma}, for ${formatDuration(now - status.since)}`],
    [
      "Latest snapshot",
      latest === undefined
        ? "none seen"
        : html`<code>${shortId(latest.id)}</code> of ${hide(latest.instanceName)}, ${renderAgo(latest.time, now)}`,
    ],
    ["Lag", isKnown ? lag : "not known"],
    ["Looked at the repository", seenAt === undefined ? "not yet" : renderAgo(seenAt, now)],
    [
      "Next cycle",
      isInCycle ? "now" : nextAt ? `in ${formatDuration(nextAt - now)}` : "once Uptime Kuma is ready",
    ],
    ["Paused for changes", formatDuration((blind.apply ?? 0) + (blind["roll-back"] ?? 0))],
  ];
  return rows.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`);
}

function showTrouble(
  active: NonNullable<History["problem"]>,
  hide: (text: string) => string,
  now: number,
): Html {
  const { problem, since, times, solvedAt } = active;
  const often = times === 1 ? "" : `, ${times} times`;
  const [title, mood] = solvedAt === undefined ? ["Last error", "bad"] : ["Last error, solved", "solved"];
  const solved = solvedAt === undefined ? undefined : html`, solved ${renderAgo(solvedAt, now)}`;
  return html`<section class="trouble ${mood}"><h2>${title}</h2>
<p>${hide(problem.message)}</p><p><strong>${hide(problem.advice)}</strong></p>
<p class="quiet">First ${renderAgo(since, now)}${often}${solved}.</p></section>`;
}
