import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

const packageJson = z.object({ version: z.string() });

/**
 * Kuma's version, from the package.json of its tree.
 * @returns the version, or "unknown" when the tree has none: a version is only told, nothing is decided by it
 */
export function readKumaVersion(dir: string): string {
  try {
    return packageJson.parse(JSON.parse(readFileSync(join(dir, "package.json"), "utf8"))).version;
  } catch {
    return "unknown";
  }
}
