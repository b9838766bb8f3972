export { combineListeners } from "./combine.ts";
export { describeEvent, describeProblem, describePublished } from "./describe.ts";
export { createLogListener } from "./log.ts";
export type { Exit, Listener, ReplicatorEvent, SnapshotName, StopReason } from "./types.ts";
