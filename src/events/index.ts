export { combineListeners } from "./combine.ts";
export { createLogListener } from "./log.ts";
export { createNtfyNotifier, type NtfyNotifier } from "./ntfy.ts";
export { createStatusFile } from "./status-file.ts";
export type { Exit, Listener, ReplicatorEvent, SnapshotName } from "./types.ts";
