import { readFileSync } from "node:fs";
import { z } from "zod";

/** The version of Replicator Kuma; the file lies at the same place seen from src/ and from dist/. */
export const VERSION = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"))).version;
