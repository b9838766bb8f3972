import { join } from "node:path";
import type { Config } from "../config/index.ts";
import { type KumaPlace, locateDatabase } from "../database/index.ts";

/**
 * What the database of this instance's Kuma is opened by: where it is, found anew at each call, and what surrounds it.
 */
export function kumaPlace(kuma: Config["kuma"], kumaVersion: string): KumaPlace {
  const { dir, dataDir, databaseEnv, timeZone } = kuma;
  return {
    locate: () => locateDatabase({ dataDir, kumaDir: dir, kumaVersion, env: databaseEnv }),
    uploadDir: join(dataDir, "upload"),
    kumaVersion,
    timeZone,
  };
}
