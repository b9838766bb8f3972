export type { AlertRules, Hold, PeerView } from "./decide.ts";
export { createDesk, type Desk, type Withheld } from "./desk.ts";
export { openAlertsFile } from "./file.ts";
export { type AlertFields, alertFields, type Subject } from "./ledger.ts";
export type { Message } from "./message.ts";
export type { Kept } from "./pending.ts";
