import type { Server, Socket } from "node:net";

/**
 * Lets so many connections wait at most: a new one takes the place of the one that has waited longest. Not
 * `maxConnections`, which turns away the new ones: a few clients that connect and say nothing would then keep out
 * everybody, while whoever has something to ask does so at once.
 * @returns to be called for a connection that has asked: it waits no longer, and is left alone
 */
export function limitWaiting(server: Server, most: number): (socket: Socket) => void {
  /** In the order in which they came. */
  const waiting = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    waiting.add(socket);
    socket.once("close", () => waiting.delete(socket));
    const [oldest] = waiting;
    if (waiting.size > most) oldest?.destroy();
  });
  return (socket) => void waiting.delete(socket);
}
