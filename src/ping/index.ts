export { createPinger } from "./ping.ts";
