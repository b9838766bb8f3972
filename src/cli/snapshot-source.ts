import { execa } from "execa";
import * as z from "zod";
import { describeRow } from "../diff/index.ts";
import { parseJson } from "../parse.ts";
import { failure, interrupted, type Problem, type Result, success } from "../result.ts";
import type { ChangeCounts } from "../snapshot/index.ts";
import type { SnapshotSource } from "../web/index.ts";

/** Of one command, milliseconds: a list and two downloads. */
const LIMIT = 60_000;
/** Bytes; that of 10,000 changed monitors is some 10 MB. */
const MAX_OUTPUT = 64 * 1024 * 1024;
/** The latest, as many as are kept by default and some more. */
const MOST_LISTED = 100;
/** Nobody reads more. */
const MOST_LINES = 500;

const problem = z.object({
  problem: z.object({ code: z.string(), message: z.string(), advice: z.string() }),
});

/** What docs/commands.md says of `snapshots --json`. */
const list = z.array(
  z.object({ id: z.string(), time: z.iso.datetime(), instance: z.string(), parent: z.string().nullable() }),
);

const shown = z.union([z.string(), z.number(), z.null()]);
const column = z.union([
  z.object({ column: z.string(), secret: z.literal(true) }),
  z.object({ column: z.string(), before: shown, after: shown }),
]);
/** What it says of `diff --json`. */
const comparison = z.object({
  rows: z.record(z.string(), z.number()),
  changes: z.array(
    z.object({
      table: z.string(),
      what: z.string(),
      change: z.enum(["added", "removed", "changed"]),
      columns: z.array(column),
    }),
  ),
});

/**
 * Snapshots for the page, read by our own commands `snapshots` and `diff`, each in a process of its own: so neither
 * restic nor ten thousand monitors hold up what PID 1 has to do, and the memory is given back.
 */
export const snapshotSource: SnapshotSource = {
  list: async (signal) => {
    const listed = await runCommand(
      list,
      ["snapshots", "--quick", "--json", `--limit=${MOST_LISTED}`],
      signal,
    );
    if (!listed.ok) return listed;
    return success(
      listed.value.map(({ id, time, instance, parent }) => ({
        id,
        time: Date.parse(time),
        instanceName: instance,
        parent: parent ?? undefined,
      })),
    );
  },
  compare: async (from, to, signal) => {
    const compared = await runCommand(comparison, ["diff", from, to, "--json"], signal);
    if (!compared.ok) return compared;
    const { rows, changes } = compared.value;
    const lines = changes.flatMap(describeRow);
    const shownLines = lines.slice(0, MOST_LINES);
    return success({
      lines: shownLines,
      more: lines.length - shownLines.length,
      counts: count(changes),
      rows,
    });
  },
};

async function runCommand<T>(
  shape: z.ZodType<T>,
  args: readonly string[],
  signal: AbortSignal,
): Promise<Result<T>> {
  const [, program = ""] = process.argv;
  const done = await execa(process.execPath, [...process.execArgv, program, ...args], {
    timeout: LIMIT,
    maxBuffer: MAX_OUTPUT,
    cancelSignal: signal,
    killSignal: "SIGKILL",
    stdin: "ignore",
    reject: false,
  });
  if (signal.aborted) return failure(interrupted("Reading the snapshots"));
  const said = parseJson(done.stdout);
  const failed = problem.safeParse(said);
  if (failed.success) return failure(failed.data.problem);
  const answer = shape.safeParse(said);
  return answer.success ? success(answer.data) : failure(unanswered(args));
}

function unanswered([name]: readonly string[]): Problem {
  return {
    code: "command-failed",
    message: `\`replicator-kuma ${name}\` gave no answer within ${LIMIT / 1_000} s.`,
    advice: "Run it where the instance runs: it says more there.",
  };
}

function count(
  changes: readonly { readonly table: string; readonly change: keyof ChangeCounts[string] }[],
): ChangeCounts {
  const counts: Record<string, { added: number; removed: number; changed: number }> = {};
  for (const { table, change } of changes) {
    counts[table] ??= { added: 0, removed: 0, changed: 0 };
    counts[table][change] += 1;
  }
  return counts;
}
