export { describeEvent, describeProblem, describePublished } from "./describe.ts";
export type { Exit, StopReason } from "./kuma-events.ts";
export { combineListeners, createTemporaryListeners, type TemporaryListeners } from "./listeners.ts";
export { createLogListener } from "./log.ts";
export { describeOwn, type OwnCounts } from "./own-counts.ts";
export type { EventOf, Listener, ReplicatorEvent, SnapshotName } from "./types.ts";
