import type { Lost } from "../../diff/index.ts";
import { shortId } from "../../format.ts";
import type { Problem } from "../../result.ts";

/** In a message; a preview names all. */
const MOST_NAMED = 5;

/** The first few of what is lost, and how many more there are. */
export function describeLost(lost: Lost): string {
  const more = lost.length > MOST_NAMED ? ` and ${lost.length - MOST_NAMED} more` : "";
  return lost.slice(0, MOST_NAMED).join(", ") + more;
}

/** Why nothing is applied, and how to go on. */
export function notAdopted(snapshot: { id: string; instanceName: string }, lost: Lost): Problem {
  return {
    code: "not-adopted",
    message: `Not applied: this Uptime Kuma has a configuration of its own, and snapshot ${shortId(snapshot.id)} of ${JSON.stringify(snapshot.instanceName)} would remove or replace ${describeLost(lost)}.`,
    advice:
      "If it shall be a replica: `replicator-kuma adopt --replace` shows what goes and what comes, and asks; REPLICATOR_ADOPT=replace does it unasked; `adopt --keep` keeps all of it beside the snapshot (with REPLICATOR_LOCAL=true). If it shall not: correct REPLICATOR_MODE. Until then Uptime Kuma runs with what it has.",
  };
}
