import { connect } from "node:net";
import { failure, type Problem, type Result, success } from "../result.ts";
import { readLines } from "./lines.ts";
import { type Answer, encode, PROTOCOL_VERSION, parseAnswer, type Request, type Status } from "./protocol.ts";
import { socketPath } from "./socket-path.ts";

/** A status is told at once; a piece of work may download, wait for Kuma and publish. Milliseconds. */
const LIMITS = { status: 10_000, work: 30 * 60_000 };
const LONGEST_ANSWER = 16 * 1024 * 1024;

/** How the running supervisor is. */
export async function askStatus(stateDir: string): Promise<Result<Status>> {
  const answer = await ask(stateDir, { do: "status" }, () => undefined, LIMITS.status);
  if (!answer.ok) return answer;
  return answer.value.type === "status" ? success(answer.value.status) : failure(NOT_UNDERSTOOD);
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
  const answer = await ask(stateDir, request, onProgress, LIMITS.work);
  if (!answer.ok) return answer;
  return answer.value.type === "done" ? success(answer.value.message) : failure(NOT_UNDERSTOOD);
}

function ask(
  stateDir: string,
  request: Request,
  onProgress: (message: string) => void,
  limit: number,
): Promise<Result<Answer>> {
  const path = socketPath(stateDir);
  if (!path.ok) return Promise.resolve(path);
  return new Promise((resolve) => {
    const socket = connect(path.value);
    const settle = (result: Result<Answer>) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => settle(failure(tooLate(limit))), limit);
    socket.once("error", (error: NodeJS.ErrnoException) => settle(failure(explain(error.code, path.value))));
    socket.once("close", () => settle(failure(CUT_OFF)));
    readLines(socket, LONGEST_ANSWER, (line) => {
      const parsed = parseAnswer(line);
      if (parsed.kind === "version") return settle(failure(otherVersion(parsed.theirs)));
      if (parsed.kind === "garbage") return settle(failure(NOT_UNDERSTOOD));
      const { message } = parsed;
      if (message.type === "progress") return onProgress(message.message);
      settle(message.type === "failed" ? failure(message.problem) : success(message));
    });
    // Not end(): a half-closed connection would look to the server like a client that went away.
    socket.write(encode(request));
  });
}

function explain(code: string | undefined, path: string): Problem {
  if (code === "EACCES" || code === "EPERM")
    return {
      code: "no-supervisor",
      message: `This user may not connect to ${path}.`,
      advice: "Run the command as the user that runs Replicator Kuma (docker exec -u …).",
    };
  return {
    code: "no-supervisor",
    message: `No running Replicator Kuma answers at ${path} (${code}).`,
    advice:
      "Run the command inside the container, with its environment: docker exec NAME replicator-kuma …; its log says whether it runs.",
  };
}

function tooLate(limit: number): Problem {
  return {
    code: "control-timeout",
    message: `The running Replicator Kuma has not answered within ${limit / 1000} s.`,
    advice: "It may be at work still: see its log.",
  };
}

function otherVersion(theirs: number): Problem {
  return {
    code: "control-version",
    message: `The running Replicator Kuma speaks version ${theirs} of the control protocol, this command version ${PROTOCOL_VERSION}.`,
    advice: "Use the command of the image that is running, or restart the container on the new image.",
  };
}

const NOT_UNDERSTOOD: Problem = {
  code: "control-garbage",
  message: "The running Replicator Kuma answered something that this command does not understand.",
  advice: "Use the command of the image that is running.",
};

const CUT_OFF: Problem = {
  code: "control-cut-off",
  message: "The running Replicator Kuma ended before it answered.",
  advice: "Its log says why; what was under way is finished or undone at its next start.",
};
