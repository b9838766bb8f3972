import type { Config } from "../config/index.ts";
import { askStatus } from "../control/index.ts";
import { compare, describeRow, listUnknown } from "../diff/index.ts";
import { shortId } from "../format.ts";
import type { BashSnapshot, SnapshotInfo } from "../repository/index.ts";
import { type Result, success } from "../result.ts";
import { type Content, countDifferences, describeChanges } from "../snapshot/index.ts";
import { confirm, printSome } from "./preview.ts";
import { download, latestOf, listSnapshots, openSources, type Sources } from "./sources.ts";
import { paint, printToStderr } from "./terminal.ts";

const EFFECT = "This instance becomes the primary, and every replica becomes like it.";

/**
 * Shows, on standard error, what a promotion without the latest snapshot changes on every replica, and asks whether to
 * do it. It does not ask where nothing would change.
 * @param yes do not ask
 * @returns a problem when it cannot or shall not be done
 */
export async function previewPromotion(config: Config, yes: boolean): Promise<Result<boolean>> {
  const status = await askStatus(config.stateDir);
  if (!status.ok) return status;
  const sources = openSources(config);
  const listed = await listSnapshots(sources);
  if (!listed.ok) return askBlindly(listed.problem.message, yes);
  const latest = latestOf(listed.value);
  if (latest === undefined) return success(true);
  const snapshot = await download(sources, latest);
  if (!snapshot.ok) return askBlindly(snapshot.problem.message, yes);
  const shown = await show(sources, latest, snapshot.value.content);
  if (!shown.ok || shown.value === "same") return shown.ok ? success(true) : shown;
  return yes ? success(true) : confirm(EFFECT);
}

/** The repository cannot be read, or its latest snapshot is damaged: often the very reason for such a promotion. */
function askBlindly(why: string, yes: boolean): Promise<Result<boolean>> | Result<boolean> {
  printToStderr(`What this changes on the replicas cannot be shown: ${why}`);
  return yes ? success(true) : confirm(EFFECT);
}

/** Of an instance that has never applied a snapshot by what things are: its ids mean nothing to the replicas. */
async function show(
  { database }: Sources,
  { id, instanceName }: SnapshotInfo | BashSnapshot,
  there: Content,
): Promise<Result<"same" | "different">> {
  const live = await database.read();
  if (!live.ok) return live;
  const last = await database.lastApply();
  if (!last.ok) return last;
  const changes = describeChanges(countDifferences(there, live.value));
  const lines =
    last.value === undefined
      ? [
          ...listUnknown(there, live.value).map((what) => `${what} removed`),
          ...listUnknown(live.value, there).map((what) => `${what} added`),
        ]
      : compare(there, live.value).flatMap(describeRow);
  if (lines.length === 0) return success("same");
  printToStderr(
    `On every replica, in place of the latest snapshot ${shortId(id)} of ${JSON.stringify(instanceName)}:`,
  );
  printSome(lines);
  printToStderr(paint("bold", `This changes: ${changes}.`));
  return success("different");
}
