export { readBashSnapshot } from "./run.ts";
