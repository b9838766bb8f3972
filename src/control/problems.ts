import { errorMessage, errorWithStack } from "../format.ts";
import type { Problem } from "../result.ts";
import { PROTOCOL_VERSION } from "./protocol.ts";

/**
 * Why a command and the running instance do not come together. What the command itself fails of has codes of its own.
 */
type ControlProblemCode =
  | "no-supervisor"
  | "control-unavailable"
  | "control-timeout"
  | "control-version"
  | "control-garbage"
  | "control-cut-off"
  | "control-busy"
  | "socket-path-too-long"
  | "interrupted"
  | "internal";

export type ControlProblem = Problem<ControlProblemCode>;

/** The system refuses the connection. */
export function notConnected(code: string | undefined, path: string): ControlProblem {
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

/** @param limit milliseconds */
export function noAnswer(limit: number): ControlProblem {
  return {
    code: "control-timeout",
    message: `The running Replicator Kuma has not answered within ${limit / 1000} s.`,
    advice: "It may be at work still: see its log.",
  };
}

/** @param theirs the version that the running instance speaks */
export function otherServerVersion(theirs: number): ControlProblem {
  return otherVersion(theirs, PROTOCOL_VERSION);
}

/** @param theirs the version that the command speaks */
export function otherClientVersion(theirs: number): ControlProblem {
  return otherVersion(PROTOCOL_VERSION, theirs);
}

function otherVersion(server: number, client: number): ControlProblem {
  return {
    code: "control-version",
    message: `The running Replicator Kuma speaks version ${server} of the control protocol, this command version ${client}.`,
    advice: "Use the command of the image that is running, or restart the container on the new image.",
  };
}

export const UNKNOWN_ANSWER: ControlProblem = {
  code: "control-garbage",
  message: "The running Replicator Kuma answered something that this command does not understand.",
  advice: "Use the command of the image that is running.",
};

export const UNKNOWN_REQUEST: ControlProblem = {
  code: "control-garbage",
  message: "The running Replicator Kuma did not understand the request.",
  advice: "Use the command of the image that is running.",
};

export const CUT_OFF: ControlProblem = {
  code: "control-cut-off",
  message: "The running Replicator Kuma ended before it answered.",
  advice: "Its log says why; what was under way is finished or undone at its next start.",
};

export const SHUTTING_DOWN: ControlProblem = {
  code: "interrupted",
  message: "Replicator Kuma is shutting down.",
  advice: "Ask again after the next start.",
};

/** @param most commands that may run or wait at once */
export function tooManyCommands(most: number): ControlProblem {
  return {
    code: "control-busy",
    message: `${most} commands run already, or wait for one another.`,
    advice: "`replicator-kuma status` says what goes on; ask again when they have ended.",
  };
}

export function socketUnavailable(path: string, error: unknown): ControlProblem {
  return {
    code: "control-unavailable",
    message: `No command can reach this instance: ${path} cannot be made (${errorMessage(error)}).`,
    advice:
      "Set REPLICATOR_STATE_DIR to a folder on a local disk. Replication itself works all the same; signals do, too.",
  };
}

export function socketPathTooLong(path: string, length: number, longest: number): ControlProblem {
  return {
    code: "socket-path-too-long",
    message: `No command can reach this instance: the path of its socket, ${path}, has ${length} bytes, and the system allows ${longest}.`,
    advice: "Set REPLICATOR_STATE_DIR to a shorter path. Replication itself works all the same.",
  };
}

/** A defect of ours. */
export function commandDefect(error: unknown): ControlProblem {
  return {
    code: "internal",
    message: `The command failed unexpectedly: ${errorWithStack(error)}`,
    advice: "Please report it with this line.",
  };
}
