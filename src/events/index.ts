export { combineListeners } from "./combine.ts";
export { describeEvent, describePublished } from "./describe.ts";
export { createLogListener } from "./log.ts";
export { createNtfyNotifier, type NtfyNotifier } from "./ntfy.ts";
export { createPinger } from "./ping.ts";
export { nextStatus, type Status } from "./status.ts";
export { createStatusFile } from "./status-file.ts";
export type { Exit, Listener, ReplicatorEvent, SnapshotName } from "./types.ts";
