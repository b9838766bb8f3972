export { askFor, askStatus } from "./client.ts";
export { createHandler } from "./handle.ts";
export type { Request, Status } from "./protocol.ts";
export { serveControl } from "./server.ts";
