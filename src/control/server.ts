import { chmodSync, lstatSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { limitWaiting } from "../limit-waiting.ts";
import { failure, type Result, success } from "../result.ts";
import {
  type ControlProblem,
  commandDefect,
  otherClientVersion,
  socketUnavailable,
  tooManyCommands,
  UNKNOWN_REQUEST,
} from "./problems.ts";
import { encode, parseRequest, type Reply, type Request } from "./protocol.ts";
import { onEachLine, socketPath } from "./socket.ts";

/** A request is sent at once, whole: whoever takes longer is not a client of ours. Milliseconds. */
const REQUEST_LIMIT = 30_000;
/** A client goes away once it has its reply, milliseconds. */
const LEAVE_LIMIT = 5_000;
/** Bytes: an import of ten thousand monitors has about 20 MiB. */
const LONGEST_REQUEST = 128 * 1024 * 1024;
/** Clients that have not asked yet; a further one takes the place of the oldest. */
const MOST_WAITING = 16;
/** Commands that wait for one another's end; a status is answered at once, however many. */
const MOST_COMMANDS = 16;

/** Does what is asked. `onProgress` gets what happens meanwhile. */
export type Handler = (request: Request, onProgress: (message: string) => void) => Promise<Reply>;

/**
 * Listens on the control socket in the state folder, which only our own user can connect to. A socket file that is
 * there already is replaced: whoever calls this holds the lock of the folder, so nobody listens on it.
 * @returns what ends it at once, connections included, or why commands cannot reach this instance
 */
export async function serveControl(
  stateDir: string,
  handle: Handler,
): Promise<Result<() => void, ControlProblem>> {
  const path = socketPath(stateDir);
  if (!path.ok) return path;
  const clients = new Set<Socket>();
  const limited = limitCommands(handle);
  const server = createServer((socket) => {
    clients.add(socket);
    socket.on("close", () => clients.delete(socket));
    // The client went away; what it asked for goes on.
    socket.on("error", () => socket.destroy());
    serve(socket, limited, () => hasAsked(socket));
  });
  const hasAsked = limitWaiting(server, MOST_WAITING);
  try {
    removeStale(path.value);
    await listen(server, path.value);
  } catch (error) {
    return failure(socketUnavailable(path.value, error));
  }
  return success(() => {
    server.close();
    for (const client of clients) client.destroy();
  });
}

function serve(socket: Socket, handle: Handler, onAsked: () => void): void {
  // Not the socket's own timeout, which begins anew with each byte.
  const late = setTimeout(() => socket.destroy(), REQUEST_LIMIT);
  socket.once("close", () => clearTimeout(late));
  let isAsked = false;
  onEachLine(socket, LONGEST_REQUEST, (line) => {
    if (isAsked) return;
    isAsked = true;
    clearTimeout(late);
    onAsked();
    void replyTo(line, handle, (message) => {
      if (socket.writable) socket.write(encode({ type: "progress", message }));
    }).then((last) => {
      if (socket.writable) socket.end(encode(last));
      socket.setTimeout(LEAVE_LIMIT, () => socket.destroy());
    });
  });
}

/**
 * Refuses what comes while too many commands run or wait already: they may bring whole snapshots, which are kept in
 * memory.
 */
function limitCommands(handle: Handler): Handler {
  let running = 0;
  return async (request, onProgress) => {
    if (request.do === "status") return handle(request, onProgress);
    if (running >= MOST_COMMANDS) return { type: "failed", problem: tooManyCommands(MOST_COMMANDS) };
    running += 1;
    try {
      return await handle(request, onProgress);
    } finally {
      running -= 1;
    }
  };
}

async function replyTo(line: string, handle: Handler, onProgress: (message: string) => void): Promise<Reply> {
  const parsed = parseRequest(line);
  if (parsed.kind === "version") return { type: "failed", problem: otherClientVersion(parsed.theirs) };
  if (parsed.kind === "garbage") return { type: "failed", problem: UNKNOWN_REQUEST };
  try {
    return await handle(parsed.message, onProgress);
  } catch (error) {
    return { type: "failed", problem: commandDefect(error) };
  }
}

function removeStale(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket()) rmSync(path);
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    // Node binds within this call: from its first moment the socket is ours alone.
    const umask = process.umask(0o177);
    server.listen(path, () => {
      server.off("error", reject);
      // Errors of single connections must not end the program.
      server.on("error", () => undefined);
      chmodSync(path, 0o600);
      resolve();
    });
    process.umask(umask);
  });
}
