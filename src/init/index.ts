export { exitCodeOf } from "./exit-code.ts";
export { killTree } from "./kill-tree.ts";
export { type Reaper, startReaper } from "./reaper.ts";
export { listenToSignals, type SignalHandlers } from "./signals.ts";
