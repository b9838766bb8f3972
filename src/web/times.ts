import { formatDuration } from "../format.ts";
import { type Html, html } from "./html.ts";

const UNITS = [
  { name: "day", plural: "days", milliseconds: 86_400_000 },
  { name: "h", plural: "h", milliseconds: 3_600_000 },
  { name: "min", plural: "min", milliseconds: 60_000 },
] as const;

/** A length of time in one unit, or in two where the first is small: "4 s", "12 min", "2 h 5 min", "3 days". */
export function formatLength(milliseconds: number): string {
  const length = Math.max(0, milliseconds);
  const index = UNITS.findIndex((unit) => length >= unit.milliseconds);
  const unit = UNITS[index];
  if (unit === undefined) return `${Math.round(length / 1_000)} s`;
  const count = Math.floor(length / unit.milliseconds);
  const first = `${count} ${count === 1 ? unit.name : unit.plural}`;
  const finer = UNITS[index + 1];
  const rest = finer === undefined ? 0 : Math.floor((length % unit.milliseconds) / finer.milliseconds);
  return finer === undefined || rest === 0 || count >= 10 ? first : `${first} ${rest} ${finer.name}`;
}

/** A point of time as people take it in, with the exact one to be read by machines and on hovering. */
export function renderAgo(time: number, now: number): Html {
  const exact = new Date(time).toISOString();
  const words = now - time < 1_000 ? "just now" : `${formatLength(now - time)} ago`;
  return html`<time datetime="${exact}" title="${exact.slice(0, 19).replace("T", " ")} UTC">${words}</time>`;
}

/** Hour and minute on a clock where this process runs. */
export function formatClock(time: number): string {
  const date = new Date(time);
  return [date.getHours(), date.getMinutes()].map((part) => String(part).padStart(2, "0")).join(":");
}
