import { createInterface } from "node:readline/promises";
import type { Config } from "../config/index.ts";
import { askStatus } from "../control/index.ts";
import { compare, describeRow } from "../diff/index.ts";
import { IS_REPLICA } from "../replication/index.ts";
import { failure, type Result, success } from "../result.ts";
import { describeChanges, type Snapshot } from "../snapshot/index.ts";
import type { Sources } from "./sources.ts";
import { paint } from "./terminal.ts";

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
  if (plan.value.empty) {
    printToStderr("Nothing differs: nothing to do.");
    return success(false);
  }
  const live = await sources.database.read();
  if (!live.ok) return live;
  tellSome(compare(live.value, snapshot.content).flatMap(describeRow));
  for (const note of plan.value.notes) printToStderr(note);
  printToStderr(paint("bold", `This changes: ${describeChanges(plan.value.changes)}.`));
  return yes
    ? success(true)
    : confirm("Uptime Kuma stops for about five seconds, and every replica follows.");
}

/** Asks at the terminal; a problem when there is none, or when the answer is not yes. @param effect what will happen */
export async function confirm(effect: string): Promise<Result<boolean>> {
  if (!process.stdin.isTTY)
    return failure({
      code: "not-confirmed",
      message: "Nothing was done: there is no terminal to ask at.",
      advice: "Add --yes to do it without being asked (or run docker exec with -it).",
    });
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${effect} Go on? [y/N] `);
  terminal.close();
  if (/^y(es)?$/i.test(answer.trim())) return success(true);
  return failure({
    code: "not-confirmed",
    message: "Nothing was done.",
    advice: "Answer y to go on.",
  });
}

/** The first lines, and how many there are more. */
export function tellSome(lines: readonly string[]): void {
  for (const line of lines.slice(0, LONGEST_PREVIEW)) printToStderr(`  ${line}`);
  if (lines.length > LONGEST_PREVIEW) printToStderr(`  … and ${lines.length - LONGEST_PREVIEW} more`);
}

export function printToStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}
