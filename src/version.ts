import { readFileSync } from "node:fs";

/** Our own version. package.json is as far from dist/ as from src/. */
export const version: string = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
).version;
