import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";

const dbConfig = z.object({ type: z.string() });

/**
 * Which database engine Kuma uses: the `type` in db-config.json beside the database file (2.x writes it at each boot:
 * sqlite, mariadb or embedded-mariadb). Kuma 1.23 has no such file and only SQLite.
 */
export function readEngine(databaseFile: string): string {
  try {
    return dbConfig.parse(JSON.parse(readFileSync(join(dirname(databaseFile), "db-config.json"), "utf8")))
      .type;
  } catch {
    return "sqlite";
  }
}
