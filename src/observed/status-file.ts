import { isDeepStrictEqual } from "node:util";
import writeFileAtomic from "write-file-atomic";
import { machineNow, steadyNow } from "../clock.ts";
import type { Listener } from "../events/index.ts";
import type { Observer } from "./observer.ts";
import { type StoredStatus, statusPath, toStatus } from "./status.ts";

/**
 * Keeps `<state>/status.json` true, for other processes on the same data. Nothing is written before something changes,
 * such as the state of Kuma, so an instance that finds another one running there leaves that one's file alone.
 * @param observer has seen each event before the listener does
 */
export function createStatusFile(stateDir: string, observer: Observer): Listener {
  let written = toStatus(observer.onSteadyClock());
  return () => {
    const status = toStatus(observer.onSteadyClock());
    if (isDeepStrictEqual(status, written)) return;
    written = status;
    const stored: StoredStatus = { ...status, clock: steadyNow() - machineNow() };
    try {
      // No sync: it is worth nothing after a power cut. Readable by all: there is no secret in it.
      const options = { fsync: false, mode: 0o644 };
      writeFileAtomic.sync(statusPath(stateDir), `${JSON.stringify(stored)}\n`, options);
    } catch {
      // A folder that cannot be written was reported at the start; health then goes by what Kuma's port says alone.
    }
  };
}
