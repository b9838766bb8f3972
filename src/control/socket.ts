import type { Socket } from "node:net";
import { join } from "node:path";
import { failure, type Result, success } from "../result.ts";
import { type ControlProblem, socketPathTooLong } from "./problems.ts";

/** `sun_path` has 108 bytes on Linux, the last of them 0 (unix(7)). */
const LONGEST_PATH = 107;

/** The control socket's path in a state folder. */
export function socketPath(stateDir: string): Result<string, ControlProblem> {
  const path = join(stateDir, "control.sock");
  const length = Buffer.byteLength(path);
  return length <= LONGEST_PATH ? success(path) : failure(socketPathTooLong(path, length, LONGEST_PATH));
}

/**
 * Calls `onLine` for each whole line of a connection, without its newline.
 * @param longest bytes; a longer line ends the connection
 */
export function onEachLine(socket: Socket, longest: number, onLine: (line: string) => void): void {
  let pending: Buffer[] = [];
  let size = 0;
  socket.on("data", (chunk: Buffer) => {
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      onLine(Buffer.concat([...pending, rest.subarray(0, end)]).toString("utf8"));
      pending = [];
      size = 0;
      rest = rest.subarray(end + 1);
    }
    pending.push(rest);
    size += rest.length;
    if (size > longest) socket.destroy();
  });
}
