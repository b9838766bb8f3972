export type { Observer } from "./observer.ts";
export { createObserver } from "./observer.ts";
export { currentProblem, cycleProblem } from "./problems.ts";
export type { Span } from "./spans.ts";
export type { ObservedState } from "./state.ts";
export { createStatusFile } from "./status-file.ts";
export type { TimelineEntry } from "./timeline.ts";
export { downtime } from "./uptime.ts";
