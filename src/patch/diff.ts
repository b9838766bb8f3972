import type { FileChange } from "./types.ts";

const CONTEXT_LINES = 3;

/** The changes as one unified diff, as `patch -p1` and `git apply` take it. Each file's change is one hunk. */
export function unifiedDiff(changes: readonly FileChange[]): string {
  return changes.map(fileDiff).join("");
}

function fileDiff({ path, before, after }: FileChange): string {
  const old = linesOf(before);
  const now = linesOf(after);
  const head = commonStart(old, now);
  const tail = commonStart(old.slice(head).reverse(), now.slice(head).reverse());
  const start = Math.max(0, head - CONTEXT_LINES);
  const trailing = Math.min(tail, CONTEXT_LINES);
  const hunk = [
    ...marked(" ", old.slice(start, head)),
    ...marked("-", old.slice(head, old.length - tail)),
    ...marked("+", now.slice(head, now.length - tail)),
    ...marked(" ", old.slice(old.length - tail, old.length - tail + trailing)),
  ];
  const range = (lines: readonly string[]) => {
    const count = lines.length - tail + trailing - start;
    return `${count === 0 ? start : start + 1},${count}`;
  };
  const name = (side: string, bytes: Buffer | undefined) =>
    bytes === undefined ? "/dev/null" : `${side}/${path}`;
  return `--- ${name("a", before)}\n+++ ${name("b", after)}\n@@ -${range(old)} +${range(now)} @@\n${hunk.join("")}`;
}

/** Lines with their line end. */
function linesOf(bytes: Buffer | undefined): string[] {
  return bytes === undefined || bytes.length === 0 ? [] : bytes.toString("utf8").split(/(?<=\n)/);
}

function commonStart(one: readonly string[], other: readonly string[]): number {
  const differs = one.findIndex((line, i) => line !== other[i]);
  return differs < 0 ? one.length : differs;
}

function marked(mark: string, lines: readonly string[]): string[] {
  return lines.map((line) =>
    line.endsWith("\n") ? mark + line : `${mark}${line}\n\\ No newline at end of file\n`,
  );
}
