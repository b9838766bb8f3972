import type { Command, Help } from "commander";
import { table, wrap, wrapCommand } from "./layout.ts";
import { widthOf } from "./terminal.ts";

/** A part of a command's help: a paragraph, words with what they mean, or commands to copy. */
export type Section =
  | string
  | { readonly title?: string; readonly terms: readonly (readonly [term: string, meaning: string])[] }
  | { readonly title: string; readonly commands: readonly string[] };

/** Below what the parser itself says, in the width of the terminal. */
export function formatSections(sections: readonly Section[], width: number): string {
  return sections.map((section) => formatSection(section, width)).join("\n\n");
}

function formatSection(section: Section, width: number): string {
  if (typeof section === "string") return wrap(section, width);
  const title = section.title === undefined ? [] : [wrap(`${section.title}:`, width)];
  const body =
    "terms" in section
      ? table(
          section.terms.map(([term, meaning]) => [`  ${term}`, meaning]),
          { width },
        )
      : section.commands.map((command) => wrapCommand(`  ${command}`, width)).join("\n");
  return [...title, body].join("\n");
}

/** How the parser's own part of the help is laid out; commander breaks no line that is narrower than 40 columns. */
export const HELP_LAYOUT: Partial<Help> = {
  minWidthToWrap: 1,
  commandUsage(this: Help, command) {
    return wrap(USAGE + usageLine(command), this.helpWidth ?? WIDTH_OF_HELP, "  ").slice(USAGE.length);
  },
  formatItem(this: Help, term, termWidth, description) {
    return table([[`  ${term}`.padEnd(termWidth + 2), description]], {
      width: this.helpWidth ?? WIDTH_OF_HELP,
    });
  },
};

/** Of help that goes to no terminal and with no variable COLUMNS. */
const WIDTH_OF_HELP = 80;

export function helpWidth(stream: NodeJS.WriteStream): number {
  const width = widthOf(stream);
  return Number.isFinite(width) ? width : WIDTH_OF_HELP;
}

const USAGE = "Usage: ";

/** What goes with a complaint about wrong use: how it is used, and where to read on. */
export function usageOf(command: Command): string {
  return `${USAGE}${usageLine(command)}\n\`${nameOf(command)} --help\` explains it.`;
}

function usageLine(command: Command): string {
  return `${nameOf(command)} ${command.usage()}`;
}

/** With the name of the program that it belongs to. */
function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}
