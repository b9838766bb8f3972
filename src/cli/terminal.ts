import { stripVTControlCharacters, styleText } from "node:util";
import { redact } from "../config/index.ts";
import { formatDuration } from "../format.ts";
import type { Problem } from "../result.ts";

type Style = "bold" | "dim" | "green" | "yellow" | "red";

/** Colours are for people at a terminal who have not said no to them (https://no-color.org). */
export function paint(style: Style, text: string): string {
  const wanted = process.stdout.isTTY && !process.env.NO_COLOR;
  return wanted ? styleText(style, text) : text;
}

export function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** For other programs: one JSON document. */
export function printJson(value: unknown): void {
  printLine(JSON.stringify(value, undefined, 2));
}

/** What went wrong and what to do, on standard error. @param secrets longest first */
export function printError({ message, advice }: Problem, secrets: readonly string[] = []): void {
  process.stderr.write(`${redact(`${message}\n${advice}`, secrets)}\n`);
}

/** Columns aligned by spaces, the last as it comes. @param head printed above, in bold */
export function table(rows: readonly (readonly string[])[], head?: readonly string[]): string {
  const all = head === undefined ? rows : [head, ...rows];
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ""))));
  const lines = all.map((row) =>
    row
      .map((cell, column) =>
        column === row.length - 1
          ? cell
          : cell + " ".repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell))),
      )
      .join("  ")
      .trimEnd(),
  );
  return lines
    .map((line, index) => (head !== undefined && index === 0 ? paint("bold", line) : line))
    .join("\n");
}

/** In characters; colours take none. */
function widthOf(cell: string): number {
  return [...stripVTControlCharacters(cell)].length;
}

/** "3 min ago", "in 20 s". @param time milliseconds since 1970 */
export function relative(time: number, now = Date.now()): string {
  const length = formatDuration(Math.abs(now - time));
  return time > now ? `in ${length}` : `${length} ago`;
}

/** 2026-11-23 15:40:50Z */
export function formatTime(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19).replace("T", " ")}Z`;
}
