import { stripVTControlCharacters, styleText } from "node:util";
import { redact } from "../config/index.ts";
import { formatDuration } from "../format.ts";
import type { Problem } from "../result.ts";
import { table, wrap } from "./layout.ts";
import { hideProgress } from "./progress.ts";

type Style = "bold" | "dim" | "green" | "yellow" | "red";

/** Narrower than this nobody reads tables. Columns. */
const NARROWEST = 20;

/** Marks a text for people at a terminal; whatever prints it leaves the colours away elsewhere. */
export function paint(style: Style, text: string): string {
  return styleText(style, text, { validateStream: false });
}

/**
 * How many columns a line may have: those of the terminal, else those of the variable COLUMNS. Without either nothing
 * is broken, so that `grep` and a log find whole sentences.
 */
export function widthOf(stream: NodeJS.WriteStream): number {
  // `docker exec -t` has a width of 0 for a moment at its beginning.
  const columns = (stream.isTTY && stream.columns) || Number(process.env.COLUMNS);
  return columns > 0 ? Math.max(NARROWEST, columns) : stream.isTTY ? 80 : Number.POSITIVE_INFINITY;
}

/** One line, broken between words where the terminal is narrower. */
export function printLine(text: string): void {
  print(process.stdout, text);
}

/** The same for what belongs to no result: previews, questions, notes. */
export function printToStderr(text: string): void {
  print(process.stderr, text);
}

/** @param head printed above, in bold */
export function printTable(rows: readonly (readonly string[])[], head?: readonly string[]): void {
  const width = widthOf(process.stdout);
  const bold = head?.map((cell) => paint("bold", cell));
  write(process.stdout, `${table(rows, bold === undefined ? { width } : { head: bold, width })}\n`);
}

/** For other programs: one JSON document. */
export function printJson(value: unknown): void {
  printRaw(`${JSON.stringify(value, undefined, 2)}\n`);
}

/** For other programs, as it is. */
export function printRaw(text: string): void {
  hideProgress();
  process.stdout.write(text);
}

/** What went wrong and what to do, on standard error. @param secrets longest first */
export function printError({ message, advice }: Problem, secrets: readonly string[] = []): void {
  printToStderr(redact(`${message}\n${advice}`, secrets));
}

function print(stream: NodeJS.WriteStream, text: string): void {
  write(stream, `${wrap(text, widthOf(stream), "  ")}\n`);
}

/** Colours are for people at a terminal who have not said no to them (https://no-color.org). */
function write(stream: NodeJS.WriteStream, text: string): void {
  hideProgress();
  const hasColours = stream.isTTY && !process.env.NO_COLOR && process.env.TERM !== "dumb";
  stream.write(hasColours ? text : stripVTControlCharacters(text));
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
