import type { Listener } from "../../events/index.ts";
import type { BashSnapshot, SnapshotInfo } from "../../repository/index.ts";
import type { Found } from "./latest.ts";

/** A bash version looks every five minutes, milliseconds: the last one of its own may have been under way. */
const BASH_CYCLE = 5 * 60_000;

/**
 * Whether a bash version goes on publishing though this program has taken over: its latest snapshot is newer than our
 * latest. It publishes on top of each of ours, for what it finds there is not what it has.
 */
export function isBashPublishing(bash: BashSnapshot | undefined, latest: SnapshotInfo): boolean {
  return bash !== undefined && bash.time - latest.time > BASH_CYCLE;
}

/** Reports such a bash version, each once. */
export function createBashReport(emit: Listener): (found: Found) => void {
  const reported = new Set<string>();
  return (found) => {
    if (found.kind !== "snapshot" || found.bash === undefined) return;
    const { id, instanceName, time } = found.bash;
    if (!isBashPublishing(found.bash, found.latest) || reported.has(instanceName)) return;
    reported.add(instanceName);
    emit({ type: "bash-publishes", instanceName, snapshotId: id, time });
  };
}
