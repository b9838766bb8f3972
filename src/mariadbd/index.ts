export { createEmbeddedServer, type EmbeddedServer } from "./embedded-server.ts";
