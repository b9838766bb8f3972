export { holdSignals } from "./early.ts";
export { killTree } from "./kill-tree.ts";
export { endOrphans } from "./orphans.ts";
export { listProcesses, type ProcessEntry, sendSignal } from "./process-tree.ts";
export { startReaper } from "./reaper.ts";
export { exitCodeOf, listenToSignals } from "./signals.ts";
