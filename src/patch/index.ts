export { unifiedDiff } from "./diff.ts";
export { patchTree, revertTree } from "./patch.ts";
export { planPatch } from "./plan.ts";
export type { PatchResult, TreePlan } from "./types.ts";
