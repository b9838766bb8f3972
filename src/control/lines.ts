import type { Socket } from "node:net";

/**
 * Calls `onLine` for each whole line of a connection, without its newline.
 * @param longest bytes; a longer line ends the connection
 */
export function readLines(socket: Socket, longest: number, onLine: (line: string) => void): void {
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
