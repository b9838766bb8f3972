import type { DatabaseLocation, DatabaseResult, KumaDatabase } from "../database/index.ts";
import { type Finding, failed, ok, warning } from "./finding.ts";

/** Whether it is known where Kuma's database is, and it answers. */
export async function checkDatabase(
  location: DatabaseResult<DatabaseLocation>,
  database: Pick<KumaDatabase, "lastApply">,
): Promise<Finding> {
  const check = "database";
  if (!location.ok) return failed(check, location.problem);
  if (location.value.engine === "not-chosen")
    return warning(
      check,
      "Uptime Kuma waits for a person to choose its database.",
      "Open its page and choose one; replication begins after that.",
    );
  const answer = await database.lastApply();
  return answer.ok ? ok(check, `${describe(location.value)} answers.`) : failed(check, answer.problem);
}

function describe(location: Exclude<DatabaseLocation, { engine: "not-chosen" }>): string {
  switch (location.engine) {
    case "sqlite":
      return `SQLite, ${location.file},`;
    case "embedded-mariadb":
      return `Uptime Kuma's embedded MariaDB, ${location.serverDir},`;
    case "mariadb": {
      const { address } = location;
      const place = address.kind === "socket" ? address.path : `${address.host}:${address.port}`;
      return `MariaDB, ${location.database} at ${place},`;
    }
  }
}
