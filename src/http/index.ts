export { createWebServer, type WebServer } from "./server.ts";
