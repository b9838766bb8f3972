export { isDump } from "./dump.ts";
export { readBashSnapshot } from "./run.ts";
