import { meet } from "../diff/index.ts";
import { notAdopted } from "../replication/index.ts";
import type { SnapshotInfo } from "../repository/index.ts";
import type { Content } from "../snapshot/index.ts";
import { type Finding, failed, ok } from "./finding.ts";

/** Whether a database to which nothing was applied yet waits for a person to decide what becomes of its content. */
export function checkFirstContact(here: Content, latest: SnapshotInfo, snapshot: Content): Finding {
  const check = "first contact";
  const { kind, lost } = meet(here, snapshot);
  if (kind === "stranger") return failed(check, notAdopted(latest, lost));
  return ok(check, "Nothing here would be lost by the first snapshot.");
}
