export { askFor, askStatus } from "./client.ts";
export { createHandler, type Instance } from "./handle.ts";
export { createJournal, type Journal } from "./journal.ts";
export type { Request, Status } from "./protocol.ts";
export { serveControl } from "./server.ts";
export { socketPath } from "./socket-path.ts";
