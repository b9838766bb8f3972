import writeFileAtomic from "write-file-atomic";
import { machineNow, steadyNow } from "../clock.ts";
import type { Config } from "../config/index.ts";
import type { Listener } from "../events/index.ts";
import { nextStatus, type Status, type StoredStatus, statusPath } from "./status.ts";

/**
 * Keeps `<state>/status.json` true, for other processes on the same data. Nothing is written before the first event
 * about Kuma, so an instance that finds another one running there leaves that one's file alone.
 */
export function createStatusFile({ role, intervals, stateDir, kuma }: Config): Listener {
  let status: Status = {
    role,
    interval: intervals[role],
    kuma: "stopped",
    since: steadyNow(),
    pause: undefined,
    lastCycleAt: undefined,
  };
  return (event) => {
    const next = nextStatus(status, event, kuma.limits, steadyNow());
    if (next === status) return;
    status = next;
    try {
      // No sync: it is worth nothing after a power cut. Readable by all: there is no secret in it.
      writeFileAtomic.sync(
        statusPath(stateDir),
        `${JSON.stringify({ ...status, clock: steadyNow() - machineNow() } satisfies StoredStatus)}\n`,
        {
          fsync: false,
          mode: 0o644,
        },
      );
    } catch {
      // A folder that cannot be written was told of at the start; health then goes by what Kuma's port says alone.
    }
  };
}
