import { connect } from "node:net";
import { failure, type Result, success } from "../result.ts";
import { CUT_OFF, noAnswer, notConnected, otherServerVersion, UNKNOWN_ANSWER } from "./problems.ts";
import { encode, parseReply, type Reply, type Request, type Status } from "./protocol.ts";
import { onEachLine, socketPath } from "./socket.ts";

/** A status is answered at once; a command may download, wait for Kuma and publish. Milliseconds. */
const LIMITS = { status: 10_000, command: 30 * 60_000 };
const LONGEST_REPLY = 16 * 1024 * 1024;

/** How the running supervisor is. */
export async function askStatus(stateDir: string): Promise<Result<Status>> {
  const reply = await ask(stateDir, { do: "status" }, () => undefined, LIMITS.status);
  if (!reply.ok) return reply;
  return reply.value.type === "status" ? success(reply.value.status) : failure(UNKNOWN_ANSWER);
}

/**
 * Has the running supervisor do something.
 * @param onProgress is called with each sentence on what happens meanwhile
 * @returns one sentence on how things are now, or why it was not done; "no-supervisor" when nobody answers
 */
export async function askFor(
  stateDir: string,
  request: Exclude<Request, { do: "status" }>,
  onProgress: (message: string) => void,
): Promise<Result<string>> {
  const reply = await ask(stateDir, request, onProgress, LIMITS.command);
  if (!reply.ok) return reply;
  return reply.value.type === "done" ? success(reply.value.message) : failure(UNKNOWN_ANSWER);
}

function ask(
  stateDir: string,
  request: Request,
  onProgress: (message: string) => void,
  limit: number,
): Promise<Result<Reply>> {
  const path = socketPath(stateDir);
  if (!path.ok) return Promise.resolve(path);
  return new Promise((resolve) => {
    const socket = connect(path.value);
    const finish = (result: Result<Reply>) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => finish(failure(noAnswer(limit))), limit);
    socket.once("error", (error: NodeJS.ErrnoException) =>
      finish(failure(notConnected(error.code, path.value))),
    );
    socket.once("close", () => finish(failure(CUT_OFF)));
    onEachLine(socket, LONGEST_REPLY, (line) => {
      const parsed = parseReply(line);
      if (parsed.kind === "version") return finish(failure(otherServerVersion(parsed.theirs)));
      if (parsed.kind === "garbage") return finish(failure(UNKNOWN_ANSWER));
      const { message } = parsed;
      if (message.type === "progress") return onProgress(message.message);
      finish(message.type === "failed" ? failure(message.problem) : success(message));
    });
    // Not end(): a half-closed connection would look to the server like a client that went away.
    socket.write(encode(request));
  });
}
