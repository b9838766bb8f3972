export { exitCodeOf } from "./exit-code.ts";
export { killTree } from "./kill-tree.ts";
export { startReaper } from "./reaper.ts";
export { listenToSignals } from "./signals.ts";
