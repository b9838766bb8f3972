import { meet, notAdopted } from "../replication/index.ts";
import type { SnapshotInfo } from "../repository/index.ts";
import type { Content } from "../snapshot/index.ts";
import { type Finding, failed, ok } from "./finding.ts";

/** Whether a database without a record of ours waits for a person to say what shall become of what is in it. */
export function checkFirstContact(here: Content, latest: SnapshotInfo, snapshot: Content): Finding {
  const check = "first contact";
  const { kind, lost } = meet(here, snapshot);
  if (kind === "stranger") return failed(check, notAdopted(latest, lost));
  return ok(check, "Nothing here stands in the way of the first snapshot.");
}
