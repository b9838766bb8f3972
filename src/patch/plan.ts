import { readFile } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { errorCode } from "../format.ts";
import { failure, success } from "../result.ts";
import { EXPORT_ANCHOR, INJECTED_FILES, INSERTION, NOTIFICATION_FILE, SENDERS } from "./anchors.ts";
import { injectedSource } from "./injected.ts";
import { anchorProblem } from "./problems.ts";
import type { FileChange, PatchProblem, PatchResult, TreePlan } from "./types.ts";

const packageFile = z.object({ version: z.string() });

/**
 * What patching the tree would change; no changes: it is patched. Reads only.
 * Problems: not-kuma, anchor-missing, anchor-repeated, patched-otherwise.
 */
export async function planPatch(kumaDir: string): Promise<PatchResult<TreePlan>> {
  const tree = await readTree(kumaDir);
  if (!tree.ok) return tree;
  const { kumaVersion, notification, original, injected } = tree.value;

  for (const { file, anchor, always } of SENDERS) {
    const bytes = await readIfThere(path.join(kumaDir, file));
    if (bytes === undefined && !always) continue;
    const count = bytes === undefined ? "no file" : occurrences(bytes, anchor);
    if (count !== 1) return anchorProblem(kumaVersion, file, anchor, count);
  }
  const count = occurrences(original, EXPORT_ANCHOR);
  if (count !== 1) return anchorProblem(kumaVersion, NOTIFICATION_FILE, EXPORT_ANCHOR, count);

  const at = original.indexOf(EXPORT_ANCHOR);
  const patched = Buffer.concat([original.subarray(0, at), Buffer.from(INSERTION), original.subarray(at)]);
  const added = await Promise.all(
    injected.map(async (file) => ({ ...file, after: await injectedSource(file.path) })),
  );
  // The required files first: killed in between, Kuma is still whole.
  return plan(kumaVersion, [...added, { path: NOTIFICATION_FILE, before: notification, after: patched }]);
}

/**
 * What restoring the original would change; no changes: it is the original. Problems: not-kuma, anchor-missing,
 * patched-otherwise.
 */
export async function planRevert(kumaDir: string): Promise<PatchResult<TreePlan>> {
  const tree = await readTree(kumaDir);
  if (!tree.ok) return tree;
  const { kumaVersion, notification, original, injected } = tree.value;
  return plan(kumaVersion, [
    { path: NOTIFICATION_FILE, before: notification, after: original },
    ...injected.toReversed().map((file) => ({ ...file, after: undefined })),
  ]);
}

interface Tree {
  readonly kumaVersion: string;
  readonly notification: Buffer;
  /** The notification file without the insertion. */
  readonly original: Buffer;
  readonly injected: readonly Omit<FileChange, "after">[];
}

async function readTree(kumaDir: string): Promise<PatchResult<Tree>> {
  const kumaVersion = await readVersion(kumaDir);
  if (kumaVersion === undefined) return failure(notKuma(kumaDir));
  const notification = await readIfThere(path.join(kumaDir, NOTIFICATION_FILE));
  if (notification === undefined)
    return anchorProblem(kumaVersion, NOTIFICATION_FILE, EXPORT_ANCHOR, "no file");
  const original = withoutInsertion(notification);
  if (original.includes("replicator-kuma")) return failure(patchedOtherwise(kumaVersion));
  const injected = await Promise.all(
    INJECTED_FILES.map(async (file) => ({ path: file, before: await readIfThere(path.join(kumaDir, file)) })),
  );
  return success({ kumaVersion, notification, original, injected });
}

function plan(kumaVersion: string, files: readonly FileChange[]): PatchResult<TreePlan> {
  return success({ kumaVersion, changes: files.filter(({ before, after }) => !same(before, after)) });
}

function same(before: Buffer | undefined, after: Buffer | undefined): boolean {
  return before === undefined || after === undefined ? before === after : before.equals(after);
}

/** Bytes, not text: what is not touched comes back as it was, whatever its encoding. */
function withoutInsertion(bytes: Buffer): Buffer {
  const at = bytes.indexOf(INSERTION);
  return at < 0
    ? bytes
    : Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + Buffer.byteLength(INSERTION))]);
}

function occurrences(bytes: Buffer, anchor: string): number {
  return bytes.toString("latin1").split(anchor).length - 1;
}

async function readVersion(kumaDir: string): Promise<string | undefined> {
  const bytes = await readIfThere(path.join(kumaDir, "package.json"));
  try {
    return packageFile.parse(JSON.parse(String(bytes))).version;
  } catch {
    return undefined;
  }
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errorCode(error) ?? "")) return undefined;
    throw error;
  }
}

function notKuma(kumaDir: string): PatchProblem {
  return {
    code: "not-kuma",
    message: `${kumaDir} is not Uptime Kuma's folder: there is no package.json with a version.`,
    advice: "Name the folder that contains Kuma's package.json and server/ (in Kuma's public images: /app).",
  };
}

function patchedOtherwise(kumaVersion: string): PatchProblem {
  return {
    code: "patched-otherwise",
    message: `${NOTIFICATION_FILE} of Uptime Kuma ${kumaVersion} contains a patch of another Replicator Kuma.`,
    advice: "Nothing was changed. Restore Kuma's original file, or revert with the version that patched it.",
  };
}
