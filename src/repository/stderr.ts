/** What a program that restic starts says, with restic's mark before it: `subprocess ssh: …`, `rclone: …`. */
const OF_A_HELPER = /^(subprocess \S+|rclone): /;

/** restic's answer to being stopped by us: it says nothing of why. */
const INTERRUPTED = /signal (interrupt|terminated) received/;

/**
 * restic's standard error as lines of text. From 0.18 on, with --json, errors are JSON there: `exit_error` at the end,
 * `error` before (https://restic.readthedocs.io/en/stable/075_scripting.html#exit-errors).
 */
export function plainLines(stderr: string): string[] {
  const lines = stderr
    .split("\n")
    .flatMap((line) => (line.startsWith("{") ? messageIn(line).split("\n") : line))
    .filter((line) => line.trim() !== "" && !INTERRUPTED.test(line));
  return withoutTrace(lines);
}

/** What restic itself said: neither ssh nor rclone, which also tell of what does no harm. */
export function ownWords(stderr: string): string {
  return plainLines(stderr)
    .filter((line) => !OF_A_HELPER.test(line))
    .join("\n");
}

/** Without Go's stack trace: pairs of a function and, indented, its place. */
function withoutTrace(lines: readonly string[]): string[] {
  const isPlace = (line = "") => /^\t\S+\.(go|s):\d+/.test(line);
  return lines.filter((line, at) => !isPlace(line) && !isPlace(lines[at + 1]));
}

function messageIn(line: string): string {
  try {
    const said: { message_type?: string; message?: string; error?: { message?: string } } = JSON.parse(line);
    if (said.message_type === "exit_error") return `Fatal: ${said.message?.replace(/^Fatal: /, "")}`;
    return said.error?.message ?? line;
  } catch {
    return line;
  }
}
