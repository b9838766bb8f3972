import stringWidth from "string-width";
import wrapAnsi from "wrap-ansi";

/** Less room than this for a table's last column, and it goes below the others. Columns of the terminal. */
const LEAST_ROOM = 24;
const GAP = "  ";

/**
 * Breaks each line of a text between words, so that it is no wider than `width`, but for words that are wider
 * themselves. The lines that this makes begin where their line began, plus `hanging`.
 * @param width columns of the terminal; Infinity: nothing is broken
 */
export function wrap(text: string, width: number, hanging = ""): string {
  return text
    .split("\n")
    .map((line) => wrapLine(line, width, hanging))
    .join("\n");
}

function wrapLine(line: string, width: number, hanging: string): string {
  if (stringWidth(line) <= width) return line;
  const indent = /^ */.exec(line)?.[0] ?? "";
  const [first = "", ...rest] = broken(line.slice(indent.length), width - indent.length);
  if (rest.length === 0) return indent + first;
  // What follows has less room by what it hangs in.
  const others = broken(rest.join(" "), width - indent.length - hanging.length);
  return [indent + first, ...others.map((each) => indent + hanging + each)].join("\n");
}

function broken(text: string, width: number): string[] {
  return wrapAnsi(text, Math.max(1, width)).split("\n");
}

/**
 * Columns aligned by spaces. The last one is broken between words where the table is too wide, and goes below the
 * others, each row by itself, where too little room is left for it.
 * @param head printed above
 * @param width columns of the terminal; Infinity: nothing is broken
 */
export function table(
  rows: readonly (readonly string[])[],
  { head, width }: { head?: readonly string[]; width: number },
): string {
  const all = head === undefined ? rows : [head, ...rows];
  const widths = (all[0] ?? []).map((_, column) =>
    Math.max(...all.map((row) => stringWidth(row[column] ?? ""))),
  );
  const widest = widths.pop() ?? 0;
  const leading = widths.reduce((sum, each) => sum + each + GAP.length, 0);
  const room = width - leading;
  const isBelow = widest > room && room < LEAST_ROOM;
  const toLines = (row: readonly string[]) => {
    const last = row.at(-1) ?? "";
    const others = row.slice(0, -1);
    const aligned = others.map((cell, column) => pad(cell, widths[column] ?? 0)).join(GAP);
    if (!isBelow) return beside(aligned === "" ? "" : aligned + GAP, last, width);
    const above = leading - GAP.length <= width ? aligned.trimEnd() : wrap(others.join(GAP), width);
    if (above.trim() === "") return wrap(GAP + last, width);
    const indent = /^ */.exec(above)?.[0] ?? "";
    return [above, wrap(indent + GAP + last, width)].join("\n");
  };
  return all.map((row) => toLines(row)).join("\n");
}

/** A text with something before its first line, and as much space before the others. */
function beside(before: string, text: string, width: number): string {
  const indent = stringWidth(before);
  const [first, ...others] = wrap(text, width - indent).split("\n");
  return [`${before}${first}`.trimEnd(), ...others.map((line) => " ".repeat(indent) + line)].join("\n");
}

function pad(cell: string, width: number): string {
  return cell + " ".repeat(Math.max(0, width - stringWidth(cell)));
}

/** A command of a shell on as many lines as it needs, which the shell still reads as one. */
export function wrapCommand(command: string, width: number): string {
  if (stringWidth(command) <= width) return command;
  const indent = /^ */.exec(command)?.[0] ?? "";
  const lines: string[] = [];
  // What is quoted is one word, and so are an option of one letter or a redirection and what follows.
  for (const word of command.match(/(?:(?:-[a-z]+|[<>|]) )?(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? []) {
    const line = lines.at(-1);
    const longer = line === undefined ? indent + word : `${line} ${word}`;
    if (line === undefined || stringWidth(longer) + 2 > width)
      lines.push(lines.length === 0 ? longer : `${indent}  ${word}`);
    else lines[lines.length - 1] = longer;
  }
  return lines.join(" \\\n");
}
