import { shortId } from "../format.ts";
import type { SnapshotInfo } from "../repository/index.ts";
import type { Problem } from "../result.ts";

/** Why a primary does not publish onto a snapshot that it does not know; never is it itself called another primary. */
export function refuseOther(
  self: { readonly instanceId: string; readonly instanceName: string },
  latest: SnapshotInfo,
): Problem {
  const since = new Date(latest.time).toISOString();
  const which = `Not published: the repository's latest snapshot ${shortId(latest.id)}`;
  if (latest.instanceId === self.instanceId)
    return {
      code: "other-primary",
      message: `${which}, of ${since}, bears this instance's id and comes after all that it remembers: its data folder was put back from a copy, or was copied to another instance that publishes as well.`,
      advice: `If it was copied, stop the other one, or give one of them a state folder of its own. ${goOn("replace what is there by what is here")}`,
    };
  if (latest.instanceName === self.instanceName)
    return {
      code: "other-primary",
      message: `${which}, of ${since}, is by an instance of this one's name (${JSON.stringify(latest.instanceName)}) but not of its id: this one has lost its state folder, or two instances bear one name.`,
      advice: `If there are two, make one a replica (\`replicator-kuma demote\`, or REPLICATOR_MODE=RESTORE). ${goOn("replace what is there by what is here")}`,
    };
  return {
    code: "other-primary",
    message: `${which} is by ${JSON.stringify(latest.instanceName)}, of ${since}, and this instance has neither published nor applied it.`,
    advice: `There must be one primary. Make this one a replica (\`replicator-kuma demote\`, or REPLICATOR_MODE=RESTORE). ${goOn("take over and replace what is there")}`,
  };
}

function goOn(purpose: string): string {
  return `To ${purpose}: start this one once with REPLICATOR_TAKEOVER=true. To go on from what is there: \`replicator-kuma restore latest\`.`;
}
