export { describeEvent, describeProblem, describePublished } from "./describe.ts";
export { combineListeners, createTemporaryListeners, type TemporaryListeners } from "./listeners.ts";
export { createLogListener } from "./log.ts";
export type { EventOf, Exit, Listener, ReplicatorEvent, SnapshotName } from "./types.ts";
