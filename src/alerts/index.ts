export type { AlertRules, PeerView } from "./decide.ts";
export { createDesk } from "./desk.ts";
export { openAlertsFile } from "./file.ts";
export { alertFields, type Subject } from "./ledger.ts";
export type { Message } from "./message.ts";
export type { Kept, Withheld } from "./pending.ts";
export type { Desk } from "./types.ts";
