import { chmodSync, lstatSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { failure, type Problem, type Result, success } from "../result.ts";
import { readLines } from "./lines.ts";
import { type Answer, encode, PROTOCOL_VERSION, parseRequest, type Request } from "./protocol.ts";
import { socketPath } from "./socket-path.ts";

/** A request is sent at once; whoever connects and says nothing is not a client of ours. Milliseconds. */
const REQUEST_LIMIT = 30_000;
/** Bytes: an import of ten thousand monitors has about 20 MiB. */
const LONGEST_REQUEST = 128 * 1024 * 1024;
const MOST_CLIENTS = 16;

/** Does what is asked. `tell` passes on what happens meanwhile. */
export type Handler = (request: Request, tell: (message: string) => void) => Promise<Answer>;

/**
 * Listens on the control socket in the state folder, which only our own user can connect to. A socket file that is
 * there already is replaced: whoever calls this holds the lock of the folder, so nobody listens on it.
 * @returns what ends it at once, connections included, or why commands cannot reach this instance
 */
export async function serveControl(stateDir: string, handle: Handler): Promise<Result<() => void>> {
  const path = socketPath(stateDir);
  if (!path.ok) return path;
  const clients = new Set<Socket>();
  const server = createServer((socket) => {
    clients.add(socket);
    socket.on("close", () => clients.delete(socket));
    // The client went away; what it asked for goes on.
    socket.on("error", () => socket.destroy());
    serve(socket, handle);
  });
  server.maxConnections = MOST_CLIENTS;
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

function serve(socket: Socket, handle: Handler): void {
  socket.setTimeout(REQUEST_LIMIT, () => socket.destroy());
  let isAsked = false;
  readLines(socket, LONGEST_REQUEST, (line) => {
    if (isAsked) return;
    isAsked = true;
    socket.setTimeout(0);
    void answer(line, handle, (message) => {
      if (socket.writable) socket.write(encode({ type: "progress", message }));
    }).then((last) => {
      if (socket.writable) socket.end(encode(last));
    });
  });
}

async function answer(line: string, handle: Handler, tell: (message: string) => void): Promise<Answer> {
  const parsed = parseRequest(line);
  if (parsed.kind === "version") return { type: "failed", problem: otherVersion(parsed.theirs) };
  if (parsed.kind === "garbage") return { type: "failed", problem: NOT_UNDERSTOOD };
  try {
    return await handle(parsed.message, tell);
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
    message: `No command can reach this instance: ${path} cannot be made (${error instanceof Error ? error.message : error}).`,
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

const NOT_UNDERSTOOD: Problem = {
  code: "control-garbage",
  message: "The running Replicator Kuma did not understand the request.",
  advice: "Use the command of the image that is running.",
};

function explainDefect(error: unknown): Problem {
  return {
    code: "internal",
    message: `The command failed unexpectedly: ${error instanceof Error ? error.stack : error}`,
    advice: "Please report it with this line.",
  };
}
