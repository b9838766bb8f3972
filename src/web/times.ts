import { formatDuration } from "../format.ts";
import { type Html, html } from "./html.ts";

/** A point of time as people take it in, with the exact one to be read by machines and on hovering. */
export function renderAgo(time: number, now: number): Html {
  const exact = new Date(time).toISOString();
  const words = now - time < 1_000 ? "just now" : `${formatDuration(now - time)} ago`;
  return html`<time datetime="${exact}" title="${exact.slice(0, 19).replace("T", " ")} UTC">${words}</time>`;
}

/** Hour and minute on a clock where this process runs. */
export function formatClock(time: number): string {
  const date = new Date(time);
  return [date.getHours(), date.getMinutes()].map((part) => String(part).padStart(2, "0")).join(":");
}
