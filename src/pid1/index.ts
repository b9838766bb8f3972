export { holdSignals } from "./early.ts";
export { exitCodeOf } from "./exit-code.ts";
export { killTree } from "./kill-tree.ts";
export { endOrphans } from "./orphans.ts";
export { startReaper } from "./reaper.ts";
export { listenToSignals } from "./signals.ts";
