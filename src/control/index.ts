export { askFor, askStatus } from "./client.ts";
export { createHandler } from "./handle.ts";
export { createJournal, type Journal } from "./journal.ts";
export type { Request, Status } from "./protocol.ts";
export { serveControl } from "./server.ts";
