import { shortId } from "../format.ts";
import type { Problem } from "../result.ts";
import { describeRows, phraseChanges } from "../snapshot/index.ts";
import { type Html, html } from "./html.ts";
import { script } from "./script.ts";
import type { Comparison, ListedSnapshot, SnapshotSource } from "./snapshot-source.ts";
import { style } from "./style.ts";
import { renderAgo } from "./times.ts";

/** A page, and the HTTP status that goes with it. */
export interface SnapshotPage {
  readonly status: number;
  readonly body: string;
}

interface Request {
  readonly path: string;
  readonly query: URLSearchParams;
  /** Takes secrets out of a text. */
  readonly hide: (text: string) => string;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly signal: AbortSignal;
}

/**
 * /snapshots: those in the repository. /snapshot?id=: one, and what it changed. /diff?from=&to=: what differs between
 * two. Only a page that is asked for asks the repository.
 * @returns undefined for any other path
 */
export async function answerSnapshots(
  source: SnapshotSource,
  { path, query, hide, now, signal }: Request,
): Promise<SnapshotPage | undefined> {
  if (!["/snapshots", "/snapshot", "/diff"].includes(path)) return undefined;
  const listed = await source.list(signal);
  if (!listed.ok) return problemPage(listed.problem);
  const all = listed.value;
  const find = (wanted: string | null | undefined) => findIn(all, wanted ?? "");
  if (path === "/snapshots") return layOut("Snapshots", listSnapshots(all));
  if (path === "/snapshot") {
    const one = find(query.get("id"));
    if (one === undefined) return NOT_THERE;
    const parent = find(one.parent);
    const compared = await source.compare((parent ?? one).id, one.id, signal);
    return compared.ok
      ? layOut(`Snapshot ${shortId(one.id)}`, describeOne(one, parent, compared.value))
      : problemPage(compared.problem);
  }
  const [from, to] = [find(query.get("from")), find(query.get("to"))];
  if (from === undefined || to === undefined) return NOT_THERE;
  const compared = await source.compare(from.id, to.id, signal);
  return compared.ok
    ? layOut(`${shortId(from.id)} → ${shortId(to.id)}`, describeTwo(from, to, compared.value))
    : problemPage(compared.problem);

  function listSnapshots(snapshots: readonly ListedSnapshot[]): Html {
    if (snapshots.length === 0)
      return html`<section><p>There is no snapshot in the repository yet.</p></section>`;
    const items = snapshots.map(
      (each) =>
        html`<li>${renderAgo(each.time, now)}<div>${nameOf(each)}${each === all[0] ? html`, the latest` : undefined}</div></li>`,
    );
    return html`<section><h2>In the repository, the latest first</h2><ol class="recent-events">${items}</ol></section>`;
  }

  function describeOne(one: ListedSnapshot, parent: ListedSnapshot | undefined, compared: Comparison): Html {
    const holds = describeRows(compared.rows).map((phrase) => html`<li>${phrase}</li>`);
    const [latest] = all;
    const others =
      latest === undefined || latest === one
        ? undefined
        : html`<p>${toDiff(one, latest, "What changed from it to the latest")}</p>`;
    return html`<section><h2>It holds</h2><p>${renderAgo(one.time, now)} by ${hide(one.instanceName)}</p><ul class="chips">${holds}</ul>${others}</section>
${parent === undefined ? html`<section><p>The one before is not in the repository.</p></section>` : differences(html`What it changed, since ${nameOf(parent)}`, compared)}`;
  }

  function describeTwo(from: ListedSnapshot, to: ListedSnapshot, compared: Comparison): Html {
    return html`${differences(html`From ${nameOf(from)} to ${nameOf(to)}`, compared)}
<section><p>${toDiff(to, from, "The other way round")}</p></section>`;
  }

  function differences(title: Html, { lines, more, counts }: Comparison): Html {
    const phrases = phraseChanges(counts);
    const items = lines.map((line) => html`<li>${hide(line)}</li>`);
    const rest =
      more === 0
        ? undefined
        : html`<p class="quiet">And ${more} more: <code>replicator-kuma diff</code> shows them all.</p>`;
    return html`<section><h2>${title}</h2><p>${phrases.join(", ") || "No differences."}</p><ul class="lines">${items}</ul>${rest}
<p class="quiet">Of passwords, tokens, keys, headers, bodies and notification settings it is only said that they changed.</p></section>`;
  }

  function nameOf({ id, instanceName }: ListedSnapshot): Html {
    return html`<a href="snapshot?id=${id}"><code>${shortId(id)}</code></a> of ${hide(instanceName)}`;
  }

  function problemPage({ message, advice }: Problem): SnapshotPage {
    const body = html`<section class="problem bad"><p>${hide(message)}</p><p><strong>${hide(advice)}</strong></p></section>`;
    return { ...layOut("This could not be read", body), status: 503 };
  }
}

function findIn(all: readonly ListedSnapshot[], wanted: string): ListedSnapshot | undefined {
  return /^[0-9a-f]{8,64}$/.test(wanted) ? all.find(({ id }) => id.startsWith(wanted)) : undefined;
}

function toDiff(from: ListedSnapshot, to: ListedSnapshot, words: string): Html {
  return html`<a href="diff?from=${from.id}&to=${to.id}">${words}</a>`;
}

function layOut(title: string, body: Html): SnapshotPage {
  const markup = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" type="image/svg+xml" href="favicon.svg">
<title>${title}</title>
<style>${{ markup: style }}</style>
</head>
<body>
<header><h1>${title}</h1><p><a href="snapshots">All snapshots</a> · <a href="./">This instance</a></p></header>
<main>
${body}
</main>
<script>${{ markup: script }}</script>
</body>
</html>
`.markup;
  return { status: 200, body: markup };
}

const NOT_THERE: SnapshotPage = {
  ...layOut(
    "No such snapshot",
    html`<section><p>The repository has no such snapshot. Old ones are forgotten as REPLICATOR_KEEP says.</p></section>`,
  ),
  status: 404,
};
