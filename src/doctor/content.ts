import type { Examination } from "../database/index.ts";
import { findUnpublishable } from "../replication/index.ts";
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
    "You need not do anything. To clean up rows: stop the container, and delete them or set the named column to NULL with the sqlite3 shell. For an icon: upload it as PNG on its status page.",
  );
}
