import type { DatabaseWorker } from "../../database/index.ts";
import type { Listener } from "../../events/index.ts";
import type { Supervisor } from "../../kuma/index.ts";
import { failure, interrupted, type Problem, type Result, success } from "../../result.ts";
import { withinTime } from "../../within-time.ts";
import { rememberRefused } from "../state/refused.ts";
import type { RoleSwitch } from "../state/role.ts";
import type { StateFile } from "../state/state-file.ts";

interface Parts {
  readonly database: Pick<DatabaseWorker, "lastApply" | "rollBack">;
  readonly kuma: Pick<Supervisor, "start" | "stop" | "untilReady">;
  readonly role: Pick<RoleSwitch, "current">;
  readonly stateFile: StateFile;
  /** How long Kuma may take to be ready again, milliseconds. */
  readonly startLimit: number;
  readonly emit: Listener;
}

/**
 * Undoes the last apply because a person asked for it, in whatever state Kuma is. On a replica the snapshot counts as
 * refused from now on, else the next cycle would apply it again.
 * @param changedAt which apply the person has seen a preview of (`LastApply.changedAt`); undefined: whichever is last
 * @returns a sentence; "nothing-to-undo" when no apply is remembered, "preview-outdated" when there was another since
 */
export async function rollBack(
  parts: Parts,
  changedAt: number | undefined,
  signal: AbortSignal,
): Promise<Result<string>> {
  const { database, kuma, role, stateFile, emit } = parts;
  const last = await database.lastApply();
  if (!last.ok) return last;
  if (!last.value?.canUndo) return failure(NOTHING_TO_UNDO);
  if (changedAt !== undefined && changedAt !== last.value.changedAt) return failure(PREVIEW_OUTDATED);
  const { snapshotId, contentHash } = last.value;

  // Noted first: killed in between, a snapshot that is in place counts as refused until the next one; the other way
  // round the person's wish would be lost.
  if (role.current === "replica") {
    const noted = rememberRefused(stateFile, snapshotId, ASKED_FOR.message);
    if (!noted.ok) return noted;
  }
  await kuma.stop("roll-back");
  if (signal.aborted) return failure(interrupted("The roll-back"));
  const undone = await database.rollBack();
  kuma.start();
  if (!undone.ok) return undone;
  emit({
    type: "rolled-back",
    snapshot: { id: snapshotId, contentHash, instanceName: "the primary" },
    problem: ASKED_FOR,
  });
  const ready = await withinTime(parts.startLimit, signal, kuma.untilReady).then(
    () => true,
    () => false,
  );
  return ready ? success("Uptime Kuma runs with the configuration before.") : failure(NOT_READY_AFTER);
}

const ASKED_FOR: Problem = {
  code: "asked-for",
  message: "It was undone on request (`replicator-kuma rollback`).",
  advice: "The next snapshot is applied as usual.",
};

export const NOTHING_TO_UNDO: Problem = {
  code: "nothing-to-undo",
  message: "There is no apply to undo: none was made, or the last one is undone already.",
  advice: "`replicator-kuma restore SNAPSHOT` on the primary goes back further.",
};

const PREVIEW_OUTDATED: Problem = {
  code: "preview-outdated",
  message: "Nothing was done: another apply has been made since the preview.",
  advice: "Ask again, and look at the new preview.",
};

const NOT_READY_AFTER: Problem = {
  code: "kuma-not-ready",
  message: "The last apply was undone, but Uptime Kuma has not become ready.",
  advice: "Its log says why; it goes on being started again.",
};
