import type { Problem, Result } from "../result.ts";

export type PatchProblemCode =
  | "not-kuma"
  | "anchor-missing"
  | "anchor-repeated"
  | "patched-otherwise"
  | "not-owner"
  | "tree-read-only"
  | "write-failed"
  | "parse-failed"
  | "self-test-failed";

export type PatchProblem = Problem<PatchProblemCode>;

export type PatchResult<T> = Result<T, PatchProblem>;

/** What one file was and is to be; undefined where there is no file. */
export interface FileChange {
  /** Relative to Kuma's tree, with forward slashes. */
  readonly path: string;
  readonly before: Buffer | undefined;
  readonly after: Buffer | undefined;
}

/** What a tree is, and the changes (none when it is as wanted) that a patch or a revert of it comes to. */
export interface TreePlan {
  readonly kumaVersion: string;
  readonly changes: readonly FileChange[];
}
