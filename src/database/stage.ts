import { existsSync } from "node:fs";
import { success } from "../result.ts";
import { type DatabaseLocation, serverOf } from "./location.ts";
import { hasPendingMigrations, isMissingMigrations } from "./sqlite/migrations.ts";
import type { DatabaseResult } from "./types.ts";

/** What Kuma's database is before Kuma's first start: Kuma has yet to make it, or to migrate it, or it can be used. */
export type DatabaseStage = "absent" | "to-be-migrated" | "usable";

/**
 * What Kuma's next start would do to its database.
 * @param kumaDir Kuma's tree, which has the migrations
 */
export async function databaseStage(
  location: DatabaseLocation,
  kumaDir: string,
): Promise<DatabaseResult<DatabaseStage>> {
  switch (location.engine) {
    case "not-chosen":
      return success("absent");
    case "sqlite":
      if (!existsSync(location.file)) return success("absent");
      return success(hasPendingMigrations(location.file, kumaDir) ? "to-be-migrated" : "usable");
    case "mariadb":
    case "embedded-mariadb": {
      const { readMigrations } = await import("./mariadb/migrations.ts");
      const done = await readMigrations(serverOf(location));
      if (!done.ok) return done;
      if (done.value === undefined) return success("absent");
      return success(isMissingMigrations(done.value, kumaDir) ? "to-be-migrated" : "usable");
    }
  }
}
