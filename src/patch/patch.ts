import { failure } from "../result.ts";
import { planPatch, planRevert } from "./plan.ts";
import type { PatchResult, TreePlan } from "./types.ts";
import { verifyTree } from "./verify.ts";
import { undoChanges, writeChanges } from "./write.ts";

/**
 * Makes every message of the Kuma in this folder begin with the instance's name, and verifies it; returns what it
 * changed, nothing when it was patched before. When anything fails, the files are as they were.
 */
export async function patchTree(kumaDir: string): Promise<PatchResult<TreePlan>> {
  const plan = await planPatch(kumaDir);
  if (!plan.ok || plan.value.changes.length === 0) return plan;
  const written = await writeChanges(kumaDir, plan.value.changes);
  if (!written.ok) return written;
  const verified = await verifyTree(kumaDir);
  if (verified.ok) return plan;
  const left = await undoChanges(kumaDir, plan.value.changes);
  return left === undefined ? verified : failure({ ...verified.problem, advice: left });
}

/** Restores Kuma's original, byte for byte; returns what it changed, nothing when it was not patched. */
export async function revertTree(kumaDir: string): Promise<PatchResult<TreePlan>> {
  const plan = await planRevert(kumaDir);
  if (!plan.ok || plan.value.changes.length === 0) return plan;
  const written = await writeChanges(kumaDir, plan.value.changes);
  return written.ok ? plan : written;
}
