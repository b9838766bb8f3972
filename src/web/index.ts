export { openWebServer } from "./open.ts";
export type { WebServer } from "./server.ts";
