import { chmodSync, lstatSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { errorMessage, errorWithStack } from "../format.ts";
import { limitWaiting } from "../limit-waiting.ts";
import { failure, type Problem, type Result, success } from "../result.ts";
import { readLines } from "./lines.ts";
import { type Answer, encode, PROTOCOL_VERSION, parseRequest, type Request } from "./protocol.ts";
import { socketPath } from "./socket-path.ts";

/** A request is sent at once, whole: whoever takes longer is not a client of ours. Milliseconds. */
const REQUEST_LIMIT = 30_000;
/** A client goes away once it has its answer, milliseconds. */
const LEAVE_LIMIT = 5_000;
/** Bytes: an import of ten thousand monitors has about 20 MiB. */
const LONGEST_REQUEST = 128 * 1024 * 1024;
/** Clients that have not asked yet; a further one takes the place of the oldest. */
const MOST_WAITING = 16;
/** Commands that wait for one another's end; a status is answered at once, however many. */
const MOST_AT_WORK = 16;

/** Does what is asked. `tell` passes on what happens meanwhile. */
export type Handler = (request: Request, onProgress: (message: string) => void) => Promise<Answer>;

/**
 * Listens on the control socket in the state folder, which only our own user can connect to. A socket file that is
 * there already is replaced: whoever calls this holds the lock of the folder, so nobody listens on it.
 * @returns what ends it at once, connections included, or why commands cannot reach this instance
 */
export async function serveControl(stateDir: string, handle: Handler): Promise<Result<() => void>> {
  const path = socketPath(stateDir);
  if (!path.ok) return path;
  const clients = new Set<Socket>();
  const limited = limitWork(handle);
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
    return failure(explain(path.value, error));
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
  readLines(socket, LONGEST_REQUEST, (line) => {
    if (isAsked) return;
    isAsked = true;
    clearTimeout(late);
    onAsked();
    void answer(line, handle, (message) => {
      if (socket.writable) socket.write(encode({ type: "progress", message }));
    }).then((last) => {
      if (socket.writable) socket.end(encode(last));
      socket.setTimeout(LEAVE_LIMIT, () => socket.destroy());
    });
  });
}

/** Refuses what comes while too many commands wait already: they may bring whole snapshots, which are kept in memory. */
function limitWork(handle: Handler): Handler {
  let atWork = 0;
  return async (request, onProgress) => {
    if (request.do === "status") return handle(request, onProgress);
    if (atWork >= MOST_AT_WORK) return { type: "failed", problem: BUSY };
    atWork += 1;
    try {
      return await handle(request, onProgress);
    } finally {
      atWork -= 1;
    }
  };
}

async function answer(line: string, handle: Handler, onProgress: (message: string) => void): Promise<Answer> {
  const parsed = parseRequest(line);
  if (parsed.kind === "version") return { type: "failed", problem: otherVersion(parsed.theirs) };
  if (parsed.kind === "garbage") return { type: "failed", problem: NOT_UNDERSTOOD };
  try {
    return await handle(parsed.message, onProgress);
  } catch (error) {
    return { type: "failed", problem: explainDefect(error) };
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

function explain(path: string, error: unknown): Problem {
  return {
    code: "control-unavailable",
    message: `No command can reach this instance: ${path} cannot be made (${errorMessage(error)}).`,
    advice:
      "Set REPLICATOR_STATE_DIR to a folder on a local disk. Replication itself works all the same; signals do, too.",
  };
}

function otherVersion(theirs: number): Problem {
  return {
    code: "control-version",
    message: `This command speaks version ${theirs} of the control protocol, the running Replicator Kuma version ${PROTOCOL_VERSION}.`,
    advice: "Use the command of the image that is running, or restart the container on the new image.",
  };
}

const BUSY: Problem = {
  code: "control-busy",
  message: `${MOST_AT_WORK} commands are at work already, or wait for it.`,
  advice: "`replicator-kuma status` says what goes on; ask again when they have ended.",
};

const NOT_UNDERSTOOD: Problem = {
  code: "control-garbage",
  message: "The running Replicator Kuma did not understand the request.",
  advice: "Use the command of the image that is running.",
};

function explainDefect(error: unknown): Problem {
  return {
    code: "internal",
    message: `The command failed unexpectedly: ${errorWithStack(error)}`,
    advice: "Please report it with this line.",
  };
}
