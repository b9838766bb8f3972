import { formatDuration, shortId } from "../format.ts";
import type { Fleet, FleetMember } from "../peers/index.ts";
import { type Html, html } from "./html.ts";
import { renderAgo } from "./times.ts";

/** So many names of monitors are shown of an instance. */
const MOST_NAMES = 3;

/** All instances, a line each. `hide` takes secrets out of a text. */
export function renderFleet(
  { members, unreached, alerts }: Fleet,
  hide: (text: string) => string,
  now: number,
): Html {
  const notes = unreached.map(
    ({ message, advice }) => html`<p class="quiet">${hide(message)} ${hide(advice)}</p>`,
  );
  const withheld = alerts.withheld.map(
    ({ name, kind, why, ...since }) =>
      html`<p class="withheld">Not told yet: ${hide(name)} is ${kind}, for ${formatDuration(since.for)}: ${hide(why)}.</p>`,
  );
  return html`<section data-part="fleet" class="fleet">
<h2>All instances</h2>
<table>
<thead><tr><th>Instance</th><th>Role</th><th>Snapshot</th><th>Lag</th><th>Uptime Kuma</th><th>Down only there</th><th>Heard</th></tr></thead>
<tbody>${members.map((member) => renderMember(member, hide, now))}</tbody>
</table>
${withheld}${notes}</section>`;
}

function renderMember(member: FleetMember, hide: (text: string) => string, now: number): Html {
  const { name, role, head, kuma, isThis, isHeard, heardAt } = member;
  const mood = kuma.state === "ready" ? "good" : "bad";
  return html`<tr class="${isHeard ? "heard" : "silent"}">
<th scope="row">${hide(name)}${isThis ? html` <span class="quiet">this one</span>` : undefined}</th>
${cell("Role", role)}
${cell("Snapshot", head === undefined ? "none" : html`<code>${shortId(head)}</code>`)}
${cell("Lag", describeLag(member))}
${cell("Uptime Kuma", html`${isHeard ? html`<span class="${mood}">${kuma.state}</span>` : kuma.state} ${kuma.version}`)}
${cell("Down only there", describeAlone(member, hide))}
${cell("Heard", isThis ? "" : isHeard ? renderAgo(heardAt, now) : html`<span class="bad">${renderAgo(heardAt, now)}</span>`)}
</tr>`;
}

/** On a narrow screen each cell says what it is. */
function cell(label: string, content: Html | string): Html {
  return content === "" ? html`<td></td>` : html`<td data-label="${label}"><span>${content}</span></td>`;
}

function describeLag({ agreement, lag }: FleetMember): string {
  if (agreement === "unknown") return "not known";
  return agreement === "agrees" ? "none" : formatDuration(lag ?? 0);
}

function describeAlone({ onlyDownHere }: FleetMember, hide: (text: string) => string): string {
  const [first, more] = [onlyDownHere.slice(0, MOST_NAMES), onlyDownHere.length - MOST_NAMES];
  const names = hide(first.join(", "));
  return more > 0 ? `${names} and ${more} more` : names;
}
