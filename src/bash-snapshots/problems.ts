import { failure, type Problem } from "../result.ts";

export const BASH_SNAPSHOT_PROBLEMS = [
  // The bash version has published what is not whole: its dump or export had failed, or was cut off.
  "bash-snapshot-incomplete",
  // No bash version writes such a thing.
  "bash-snapshot-invalid",
  // It is larger, or takes longer to read, than what a configuration needs.
  "bash-snapshot-too-large",
  "interrupted",
] as const;

export type BashSnapshotProblemCode = (typeof BASH_SNAPSHOT_PROBLEMS)[number];

export interface BashSnapshotProblem extends Problem {
  readonly code: BashSnapshotProblemCode;
}

/** @param why the end of a sentence */
export function incomplete(why: string) {
  return failure<BashSnapshotProblem>({
    code: "bash-snapshot-incomplete",
    message: `The snapshot of the bash version is not whole: ${why}.`,
    advice:
      "Nothing was changed here. Change something on the bash primary, so that it publishes again; `replicator-kuma snapshots` lists the earlier ones.",
  });
}

/** @param why the end of a sentence; it must not quote what a snapshot holds, for that may be secret */
export function invalid(why: string) {
  return failure<BashSnapshotProblem>({
    code: "bash-snapshot-invalid",
    message: `The snapshot was not written by the bash version: ${why}.`,
    advice: "Nothing was changed here. Find out who writes to the repository, or where the file comes from.",
  });
}

/** @param what the end of a sentence */
export function tooLarge(what: string) {
  return failure<BashSnapshotProblem>({
    code: "bash-snapshot-too-large",
    message: `The snapshot of the bash version ${what}, so it was not read.`,
    advice:
      "Nothing was changed here. Look for very large texts in the monitors and status pages of the bash primary.",
  });
}
