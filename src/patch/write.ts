import { rm, stat } from "node:fs/promises";
import path from "node:path";
import writeFileAtomic from "write-file-atomic";
import { failure, success } from "../result.ts";
import { NOTIFICATION_FILE } from "./anchors.ts";
import { writeProblem } from "./problems.ts";
import type { FileChange, PatchProblem, PatchResult } from "./types.ts";

/**
 * Makes the changes, each by a temporary file and a rename, keeping owner and mode; a new file takes those of Kuma's
 * notification file. All or nothing: when one fails, those before it are restored.
 * Problems: not-owner, tree-read-only, write-failed.
 */
export async function writeChanges(
  kumaDir: string,
  changes: readonly FileChange[],
): Promise<PatchResult<void>> {
  const owner = await ownerOf(kumaDir);
  if (!owner.ok) return owner;
  const done: FileChange[] = [];
  for (const change of changes) {
    try {
      await writeOne(kumaDir, change, owner.value);
    } catch (error) {
      const problem = writeProblem(path.join(kumaDir, change.path), error);
      const left = await restoreFiles(kumaDir, done, owner.value);
      return failure(left === undefined ? problem : { ...problem, advice: left });
    }
    done.push(change);
  }
  return success(undefined);
}

/** Undoes changes that were made, the last first. Returns what to do when even that fails. */
export async function undoChanges(
  kumaDir: string,
  changes: readonly FileChange[],
): Promise<string | undefined> {
  const owner = await ownerOf(kumaDir);
  return owner.ok ? restoreFiles(kumaDir, changes, owner.value) : owner.problem.advice;
}

async function restoreFiles(
  kumaDir: string,
  done: readonly FileChange[],
  owner: Owner,
): Promise<string | undefined> {
  for (const { path: file, before, after } of done.toReversed()) {
    try {
      await writeOne(kumaDir, { path: file, before: after, after: before }, owner);
    } catch {
      return `${file} could not be restored either: use a fresh copy of Kuma.`;
    }
  }
  return undefined;
}

interface Owner {
  readonly mode: number;
  readonly chown: { readonly uid: number; readonly gid: number };
}

async function writeOne(kumaDir: string, change: FileChange, owner: Owner): Promise<void> {
  const file = path.join(kumaDir, change.path);
  if (change.after === undefined) return rm(file);
  // Without options the library keeps what the existing file has.
  await writeFileAtomic(file, change.after, change.before === undefined ? { ...owner } : {});
}

async function ownerOf(kumaDir: string): Promise<PatchResult<Owner>> {
  const file = path.join(kumaDir, NOTIFICATION_FILE);
  const { mode, uid, gid } = await stat(file);
  const me = process.geteuid?.();
  // A replaced file belongs to who replaces it; only root can give it back to its owner.
  if (me !== undefined && me !== 0 && me !== uid) return failure(notOwner(file, uid, me));
  return success({ mode: mode & 0o7777, chown: { uid, gid } });
}

function notOwner(file: string, uid: number, me: number): PatchProblem {
  return {
    code: "not-owner",
    message: `${file} belongs to user ${uid}, and this runs as user ${me}.`,
    advice: "Run this as root, or as the user who owns Kuma's files.",
  };
}
