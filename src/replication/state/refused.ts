import { isSameSnapshot } from "../../repository/index.ts";
import type { Result } from "../../result.ts";
import type { State, StateFile } from "./state-file.ts";

/** Only the latest snapshot is ever a candidate: of those refused before it, a few are kept for people to see. */
const KEPT = 20;

export type Refusal = NonNullable<State["refused"]>[number];

/** Whether a snapshot is not to be taken here by itself: Kuma did not run with it, or a person undid it. */
export function isRefused({ state }: StateFile, snapshotId: string): boolean {
  return listRefused(state).some((each) => isSameSnapshot(each.snapshotId, snapshotId));
}

/** Remembers not to take a snapshot again by itself. @param reason one sentence */
export function rememberRefused(stateFile: StateFile, snapshotId: string, reason: string): Result<void> {
  const others = listRefused(stateFile.state).filter((each) => !isSameSnapshot(each.snapshotId, snapshotId));
  return stateFile.update({ refused: [...others, { snapshotId, reason, at: Date.now() }].slice(-KEPT) });
}

/** All of them may be tried again. */
export function forgetRefused(stateFile: StateFile): Result<void> {
  return stateFile.update({ refused: undefined });
}

/** The oldest first. */
export function listRefused({ refused = [] }: State): readonly Refusal[] {
  return refused;
}
