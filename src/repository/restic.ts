import type { Readable } from "node:stream";
import { execa } from "execa";
import { type ResticConfig, secretsOf } from "../config/index.ts";
import { decodeUtf8 } from "../parse.ts";
import { failure, interrupted, success } from "../result.ts";
import { cacheOptions } from "./cache-room.ts";
import { explain, recognise, recogniseLasting } from "./problems.ts";
import type { RepositoryProblem, RepositoryResult } from "./types.ts";

/**
 * From SIGINT to SIGKILL, milliseconds. restic removes its lock between the two. `init`, from 0.18 on, does not end on
 * SIGINT while it waits for an answer; it takes no lock.
 */
const KILL_AFTER = { withLock: 3_000, withoutLock: 500 };

/** The largest output that is taken into memory, bytes: a snapshot is a few megabytes even with a thousand monitors. */
const MAX_STDOUT = 256 * 1024 * 1024;
const MAX_STDERR = 1024 * 1024;

export interface ResticRun {
  readonly args: readonly string[];
  /** Goes to restic's standard input; none when left out. */
  readonly input?: Uint8Array;
  /** Milliseconds. */
  readonly limit: number;
  readonly signal: AbortSignal;
  /** Given for a command that locks the repository: hears its pid at once, long before it has made its lock. */
  readonly noteLocker?: (pid: number) => void;
}

export interface ResticOutput {
  readonly stdout: Uint8Array;
  /** Warnings; restic also complains there of what it leaves out. */
  readonly stderr: string;
}

/**
 * Runs restic once. A problem for any exit code but 0, for the time limit ("repository-timeout"), on abort, and as soon
 * as restic tells of a failure that it will repeat in vain.
 */
export type Restic = (run: ResticRun) => Promise<RepositoryResult<ResticOutput>>;

/** @param config its `env` is all that restic sees; nothing of our own environment is added */
export function createRestic({ env, options = [], secrets = secretsOf(env) }: ResticConfig): Restic {
  return async ({ args, input, limit, signal, noteLocker }) => {
    const giveUp = new AbortController();
    const running = execa("restic", [...args, ...options, ...cacheOptions(env)], {
      env,
      extendEnv: false,
      ...(input === undefined ? { stdin: "ignore" } : { input }),
      encoding: "buffer",
      // What is fetched ends with a newline, and its checksum is over every byte.
      stripFinalNewline: false,
      maxBuffer: { stdout: MAX_STDOUT, stderr: MAX_STDERR },
      timeout: limit,
      cancelSignal: AbortSignal.any([signal, giveUp.signal]),
      // SIGINT, because restic 0.14 removes its lock on that signal alone: SIGTERM leaves the lock behind.
      killSignal: "SIGINT",
      forceKillAfterDelay: noteLocker ? KILL_AFTER.withLock : KILL_AFTER.withoutLock,
      reject: false,
    });
    if (running.pid !== undefined) noteLocker?.(running.pid);
    let lasting: RepositoryProblem | undefined;
    eachLine(running.stderr, (line) => {
      lasting ??= recogniseLasting(line, secrets);
      if (lasting !== undefined) giveUp.abort();
    });
    const result = await running;
    const stderr = decodeUtf8(result.stderr);
    const account = { exitCode: result.exitCode, stderr, secrets };
    if (signal.aborted && result.isCanceled) return failure(interrupted("The work on the restic repository"));
    if (lasting !== undefined && result.failed) return failure(lasting);
    if (result.code === "ENOENT" || result.code === "EACCES") return failure(RESTIC_MISSING);
    if (result.isMaxBuffer) return failure(TOO_LARGE);
    // restic repeats a failing request for minutes: what it said meanwhile tells more than the time that it took.
    if (result.timedOut)
      return failure(recognise({ ...account, exitCode: undefined }) ?? timedOut(args, limit));
    if (result.failed) return failure(explain(account));
    return success({ stdout: result.stdout, stderr });
  };
}

/** Hands over each line as soon as it is whole. */
function eachLine(stream: Readable, take: (line: string) => void): void {
  const decoder = new TextDecoder();
  let rest = "";
  stream.on("data", (piece: Uint8Array) => {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) take(line);
  });
}

const RESTIC_MISSING: RepositoryProblem = {
  code: "restic-missing",
  message: "The program restic cannot be started.",
  advice: "Install restic 0.14 or newer where PATH finds it.",
};

const TOO_LARGE: RepositoryProblem = {
  code: "restic-failed",
  message: `restic gave more than ${MAX_STDOUT / 1024 / 1024} MiB.`,
  advice: "This cannot be a snapshot of Kuma's configuration: look at it with `restic dump`.",
};

function timedOut([command]: readonly string[], limit: number): RepositoryProblem {
  return {
    code: "repository-timeout",
    message: `The restic repository did not answer: \`restic ${command}\` was stopped after ${Math.ceil(limit / 1000)} s.`,
    advice: "Check the network and the address in RESTIC_REPOSITORY.",
  };
}
