import type { DatabaseLocation, Examination, Inspection } from "../database/index.ts";
import { meet } from "../diff/index.ts";
import { findUnpublishable, notAdopted } from "../replication/index.ts";
import type { SnapshotInfo } from "../repository/index.ts";
import type { Content } from "../snapshot/index.ts";
import { type Finding, failed, ok, warning } from "./finding.ts";

/** Whether what a primary has can be published, and what it leaves out; all of it at once. */
export function checkContent(examination: Examination): Finding {
  const check = "content";
  const problem = findUnpublishable(examination);
  if (problem !== undefined) return failed(check, problem);
  if (examination.leftOut.length === 0) return ok(check, "All of it can be published.");
  return warning(
    check,
    `Published without a part. ${examination.leftOut.join(" ")}`,
    "You need not do anything. To clean up rows: stop the container, and delete them or set the named column to NULL with the sqlite3 shell, or with the mariadb client. For an icon: upload it as PNG on its status page.",
  );
}

/** Whether a database to which nothing was applied yet waits for a person to decide what becomes of its content. */
export function checkFirstContact(
  here: Content,
  latest: Pick<SnapshotInfo, "id" | "instanceName">,
  snapshot: Content,
): Finding {
  const check = "first contact";
  const { kind, lost } = meet(here, snapshot);
  if (kind === "stranger") return failed(check, notAdopted(latest, lost));
  return ok(check, "Nothing here would be lost by the first snapshot.");
}

type ChosenEngine = Exclude<DatabaseLocation["engine"], "not-chosen">;

const WITH_MARIADB = "Save the database with mariadb-dump, and run with the mariadb client";

const HOW_TO_RUN: Readonly<Record<ChosenEngine, string>> = {
  sqlite: "Stop the container, copy kuma.db, and run with the sqlite3 shell",
  mariadb: WITH_MARIADB,
  "embedded-mariadb": WITH_MARIADB,
};

/**
 * Rows of history whose monitor does not exist, as an SQL edit by hand leaves them. The migration to 2.x stops at them
 * (its step "Migrating Aggregate Table" has foreign keys on), for good.
 */
export function checkOrphans({ orphans }: Inspection, kumaVersion: string, engine: ChosenEngine): Finding {
  const check = "history";
  if (orphans.length === 0) return ok(check, "Every row belongs to a monitor.");
  const counts = orphans
    .map(({ table, rows }) => `${table} has ${rows} ${rows === 1 ? "row" : "rows"}`)
    .join(", ");
  const why = kumaVersion.startsWith("1.") ? ": the migration to Uptime Kuma 2 breaks on them" : "";
  const statements = orphans.map(
    ({ table }) => `DELETE FROM ${table} WHERE monitor_id NOT IN (SELECT id FROM monitor);`,
  );
  return warning(
    check,
    `${counts} of monitors that do not exist${why}.`,
    `${HOW_TO_RUN[engine]}: ${statements.join(" ")}`,
  );
}
