import type { ColumnChange, RowChange, Shown } from "./compare.ts";
import { quote } from "./names.ts";

/** Characters of a value; more would hide the change instead of showing it. */
const LONGEST_VALUE = 80;

/** One line for each thing that changed: `monitor "shop" url: "https://a" → "https://b"`. */
export function describeRow({ what, change, columns }: RowChange): string[] {
  if (columns.length === 0) return [`${what} ${change}`];
  return columns.map((column) => `${what} ${describeColumn(column)}`);
}

function describeColumn(change: ColumnChange): string {
  if ("secret" in change) return `${change.column} changed (not shown)`;
  const { column, before, after } = change;
  if (column === "active" && (after === 0 || after === 1)) return after === 0 ? "paused" : "resumed";
  return `${column}: ${describeValue(before)} → ${describeValue(after)}`;
}

function describeValue(value: Shown): string {
  if (value === null) return "nothing";
  if (typeof value === "number") return String(value);
  const characters = [...value];
  return quote(characters.length > LONGEST_VALUE ? `${characters.slice(0, LONGEST_VALUE).join("")}…` : value);
}
