import type { Figure } from "./figure.ts";
import type { Spread } from "./stats.ts";

const HEAD = ["figure", "ours", "reference", "ratio", "goal", ""];

/** The figures as a Markdown table: medians, with the smallest and the largest of the runs. */
export function renderTable(figures: readonly Figure[]): string {
  const cell = (text: string) => text.replaceAll("|", "\\|");
  const rows = figures.map(({ name, unit, ours, reference, ratio, goal, reached }) => [
    name,
    `${describe(ours)} ${unit}`.trim(),
    reference === undefined ? "–" : `${describe(reference.values)} ${unit} (${reference.name})`,
    ratio === undefined ? "–" : describe(ratio),
    goal,
    reached === undefined ? "" : reached ? "reached" : "**missed**",
  ]);
  const notes = figures.flatMap(({ name, note }) => (note === undefined ? [] : `- ${name}: ${note}`));
  const lines = [HEAD, HEAD.map(() => "---"), ...rows].map((cells) => `| ${cells.map(cell).join(" | ")} |`);
  // An empty line ends a table.
  return [...lines, ...(notes.length > 0 ? ["", ...notes] : [])].join("\n");
}

/** Three digits tell all that such a measurement knows. */
function describe({ median, min, max }: Spread): string {
  const round = (value: number) =>
    value === 0 ? "0" : String(Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
  return min === max ? round(median) : `${round(median)} (${round(min)}–${round(max)})`;
}
