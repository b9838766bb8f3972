export { createEmbeddedServer } from "./embedded-server.ts";
