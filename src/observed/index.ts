export type { History, TimelineEntry } from "./history.ts";
export { createHistory } from "./history.ts";
export type { Journal } from "./journal.ts";
export { createJournal } from "./journal.ts";
export type { Span } from "./spans.ts";
export { createStatusFile } from "./status-file.ts";
export { downtime } from "./uptime.ts";
