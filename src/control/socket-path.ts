import { join } from "node:path";
import { failure, type Result, success } from "../result.ts";

/** `sun_path` has 108 bytes on Linux, the last of them 0 (unix(7)). */
const LONGEST = 107;

/** The control socket's path in a state folder, or "socket-path-too-long". */
export function socketPath(stateDir: string): Result<string> {
  const path = join(stateDir, "control.sock");
  const length = Buffer.byteLength(path);
  if (length <= LONGEST) return success(path);
  return failure({
    code: "socket-path-too-long",
    message: `No command can reach this instance: the path of its socket, ${path}, has ${length} bytes, and the system allows ${LONGEST}.`,
    advice: "Set REPLICATOR_STATE_DIR to a shorter path. Replication itself works all the same.",
  });
}
