import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Tells a Kuma that has not run yet to keep its data on a MariaDB server, as its setup page does. By variables the one
 * release that is on npm cannot be told the name of the database.
 * @param more other parts than those of the administrator and the database "kuma"
 * @returns the environment to start it with
 */
export function chooseMariaDb(
  dataDir: string,
  port: number,
  more: Readonly<Record<string, unknown>> = {},
): Record<string, string> {
  mkdirSync(dataDir, { recursive: true });
  const place = { type: "mariadb", hostname: "127.0.0.1", port, dbName: "kuma" };
  const account = { username: "root", password: "" };
  writeFileSync(join(dataDir, "db-config.json"), JSON.stringify({ ...place, ...account, ...more }));
  return { UPTIME_KUMA_DB_TYPE: "" };
}
