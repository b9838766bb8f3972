import { redact } from "../config/index.ts";
import { COMPLAINTS, type Complaint, TRANSPORT } from "./complaints.ts";
import { asResticSays, OF_RCLONE, RCLONE } from "./rclone.ts";
import type { RepositoryProblem } from "./types.ts";

/** restic's own account of its failure, made fit for people. */
export interface Account {
  readonly exitCode: number | undefined;
  readonly stderr: string;
  /** Longest first; none of them reaches the message. */
  readonly secrets: readonly string[];
}

/** An attempt that restic makes again: `Load(<data/60ddba0743>, 0, 0) returned error, retrying after 5ms: why`. */
const RETRY = /^\w+\(<?(\w+).*?\) returned error, retrying after [^:]+: /;

/** What a program that restic starts says, with restic's mark before it: `subprocess ssh: …`, `rclone: …`. */
const OF_A_HELPER = /^(subprocess \S+|rclone): /;

/** restic's answer to being stopped by us: it says nothing of why. */
const INTERRUPTED = /signal (interrupt|terminated) received/;

const HELPERS = [...TRANSPORT, ...RCLONE];
const LASTING = COMPLAINTS.filter(({ isLasting }) => isLasting);

/**
 * The problem behind what restic said, or undefined when no row of the tables fits.
 * restic first tells of attempts that it repeats, then of what it gave up on: the latter is looked at first.
 */
export function recognise({ exitCode, stderr, secrets }: Account): RepositoryProblem | undefined {
  const lines = plainLines(stderr);
  const last = lastWords(lines);
  const byCode = COMPLAINTS.find((row) => row.exitCode !== undefined && row.exitCode === exitCode);
  if (byCode !== undefined) return describe(byCode, last, secrets);
  const refused = lines.filter((each) => OF_RCLONE.test(each)).map(asResticSays);
  const [row, line] =
    find(HELPERS, lines) ??
    find(LASTING, refused) ??
    find(COMPLAINTS, [last]) ??
    find(COMPLAINTS, lines) ??
    [];
  return row && describe(row, line ?? "", secrets);
}

/** The problem behind what restic said; a plain "restic failed" for what nobody has seen yet. */
export function explain(account: Account): RepositoryProblem {
  const unknown = {
    code: "restic-failed" as const,
    message: `restic failed with exit code ${account.exitCode ?? "unknown"}`,
    advice: "Run the same restic command by hand to see more; the next cycle tries again.",
  };
  return recognise(account) ?? describe(unknown, lastWords(plainLines(account.stderr)), account.secrets);
}

/**
 * The problem for which restic need not be waited for, if this line of its standard error tells of one. restic tries
 * again for minutes, for wrong keys just as for a lost packet. Up to 0.16 it did not while it opened the repository:
 * there it read its config once. So it is given up when its first request fails, whatever for, and later when the
 * cause will not pass by itself; anything else is left to its patience.
 */
export function recogniseLasting(said: string, secrets: readonly string[]): RepositoryProblem | undefined {
  const line = asResticSays(said);
  const [, file] = RETRY.exec(line) ?? [];
  if (file === undefined) return undefined;
  const [row] = find(COMPLAINTS, [line]) ?? [];
  return row && (row.isLasting || file === "config") ? describe(row, line, secrets) : undefined;
}

function find(rows: readonly Complaint[], lines: readonly string[]): [Complaint, string] | undefined {
  for (const row of rows) {
    const line = lines.findLast((text) => row.words?.test(text));
    if (line !== undefined) return [row, line];
  }
  return undefined;
}

function describe(
  { code, message, advice }: Pick<Complaint, "code" | "message" | "advice">,
  line: string,
  secrets: readonly string[],
): RepositoryProblem {
  const words = line
    .replace(RETRY, "")
    .replace(/^Fatal: /, "")
    .replace(/^(rclone: )[\d/]+ [\d:]+ /, "$1");
  const said = redact(words, secrets).trim();
  // The cause is at the end, after all that failed because of it.
  const detail = said.length > 300 ? `${said.slice(0, 100)} … ${said.slice(-200)}` : said;
  return { code, message: detail === "" ? `${message}.` : `${message} (restic: ${detail}).`, advice };
}

/** The line that says why restic gave up: its last "Fatal", else its last line. */
function lastWords(lines: readonly string[]): string {
  const line = lines.findLast((text) => /^(Fatal|panic): /.test(text)) ?? lines.at(-1) ?? "";
  return line.replace(/^Fatal: /, "");
}

/**
 * restic's standard error as lines of text. From 0.18 on, with --json, errors are JSON there: `exit_error` at the end,
 * `error` before (https://restic.readthedocs.io/en/stable/075_scripting.html#exit-errors).
 */
function plainLines(stderr: string): string[] {
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
