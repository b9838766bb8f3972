import { createInterface } from "node:readline/promises";
import type { Config } from "../config/index.ts";
import { askStatus } from "../control/index.ts";
import type { RollBackPreview } from "../database/index.ts";
import { compare, describeRow, namesIn, rowsOf } from "../diff/index.ts";
import { shortId } from "../format.ts";
import { IS_REPLICA, NOTHING_TO_UNDO } from "../replication/index.ts";
import { failure, type Result, success } from "../result.ts";
import { countChanges, describeChanges, fingerprint, type Snapshot } from "../snapshot/index.ts";
import { wrap } from "./layout.ts";
import { openSources, type Sources } from "./sources.ts";
import { formatTime, paint, printToStderr, relative, widthOf } from "./terminal.ts";

export const NO_DIFFERENCES = "No differences: nothing to do.";

/** Lines of a preview; `diff` shows all. */
const LONGEST_PREVIEW = 40;

/**
 * Shows, on standard error, what bringing the running instance to a snapshot would change, and asks whether to do it.
 * @param yes do not ask
 * @returns whether to go on: false when nothing would change; a problem when it cannot or shall not be done
 */
export async function preview(
  config: Config,
  sources: Sources,
  snapshot: Snapshot,
  yes: boolean,
): Promise<Result<boolean>> {
  const status = await askStatus(config.stateDir);
  if (!status.ok) return status;
  if (status.value.role === "replica") return failure(IS_REPLICA);
  const plan = await sources.database.plan(snapshot);
  if (!plan.ok) return plan;
  if (plan.value.empty) return success(false);
  const live = await sources.database.read();
  if (!live.ok) return live;
  printSome(compare(live.value, snapshot.content).flatMap(describeRow));
  for (const note of plan.value.notes) printToStderr(note);
  printToStderr(paint("bold", `This changes: ${describeChanges(plan.value.changes)}.`));
  return yes
    ? success(true)
    : confirm("Uptime Kuma stops for about five seconds, and every replica follows.");
}

/**
 * Shows, on standard error, what undoing the last apply would change, and asks whether to do it.
 * @param yes do not ask
 * @returns which apply was shown, by its `changedAt`; a problem when it cannot or shall not be undone
 */
export async function previewRollback(config: Config, yes: boolean): Promise<Result<number>> {
  const status = await askStatus(config.stateDir);
  if (!status.ok) return status;
  const read = await openSources(config).database.previewRollBack();
  if (!read.ok) return read;
  if (read.value === undefined) return failure(NOTHING_TO_UNDO);
  const { changedAt, snapshotId, before, after } = read.value;
  printToStderr(
    `Undoes the apply of snapshot ${shortId(snapshotId)}, ${relative(changedAt)} (${formatTime(changedAt)}):`,
  );
  printSome(compare(before, after).flatMap(describeRow));
  const lost = describeLosses(read.value);
  if (lost.length > 0) printToStderr(paint("yellow", "Changed since then, and lost with the rollback:"));
  printSome(lost);
  if (read.value.withoutHistory > 0) printToStderr(describeGone(read.value.withoutHistory));
  const counts = countChanges(fingerprint(before), fingerprint(after));
  printToStderr(paint("bold", `This changes: ${describeChanges(counts)}.`));
  if (yes) return success(changedAt);
  const confirmed = await confirm(EFFECTS[status.value.role]);
  return confirmed.ok ? success(changedAt) : confirmed;
}

function describeGone(count: number): string {
  const which = count === 1 ? "the monitor that comes" : `the ${count} monitors that come`;
  return `The history of ${which} back is gone: it is kept for 7 days, but not across a migration of Uptime Kuma.`;
}

const EFFECTS = {
  primary: "Uptime Kuma stops for about five seconds, and every replica follows.",
  replica: "Uptime Kuma stops for about five seconds; the primary's next snapshot is applied as usual.",
} as const;

/** The rows that somebody has edited or made since and that will not be there, or not so, afterwards. */
function describeLosses({ before, edited, dangling }: RollBackPreview): string[] {
  const names = namesIn(before);
  const rows = new Map(
    before.tables.flatMap((table) => rowsOf(table).map((row) => [`${table.name} ${row.id}`, row] as const)),
  );
  const name = (table: string, id: unknown) => {
    const row = rows.get(`${table} ${id}`);
    return row === undefined ? `row ${id} of ${table}` : names.describe(table, row);
  };
  return [
    ...edited.map(({ table, id, columns }) => {
      const which = columns.length === 0 ? "" : ` (${columns.join(", ")})`;
      return `edited since then: ${name(table, id)}${which}`;
    }),
    ...dangling.map(({ table, id, column, fate }) =>
      fate === "row goes"
        ? `added since then, removed with what it belongs to: ${name(table, id)}`
        : `${name(table, id)} loses its ${column}`,
    ),
  ];
}

/** Asks at the terminal; a problem when there is none, or when the answer is not yes. @param effect what will happen */
export async function confirm(effect: string): Promise<Result<boolean>> {
  if (!process.stdin.isTTY)
    return failure({
      code: "not-confirmed",
      message: "Nothing was changed: there is no terminal to ask at.",
      advice: "Add --yes to do it without being asked (or run docker exec with -it).",
    });
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${wrap(`${effect} Go on? [y/N]`, widthOf(process.stderr))} `);
  terminal.close();
  if (/^y(es)?$/i.test(answer.trim())) return success(true);
  return failure({
    code: "not-confirmed",
    message: "Nothing was changed.",
    advice: "Answer y to go on.",
  });
}

/** The first lines, and how many there are more. */
export function printSome(lines: readonly string[]): void {
  for (const line of lines.slice(0, LONGEST_PREVIEW)) printToStderr(`  ${line}`);
  if (lines.length > LONGEST_PREVIEW) printToStderr(`  … and ${lines.length - LONGEST_PREVIEW} more`);
}
