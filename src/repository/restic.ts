import { existsSync, statfsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Readable } from "node:stream";
import { execa } from "execa";
import { type ResticConfig, secretsOf } from "../config/index.ts";
import { decodeUtf8 } from "../parse.ts";
import { failure, interrupted, success } from "../result.ts";
import { type Account, explain, recognise, recogniseLasting } from "./problems.ts";
import type { RepositoryProblem, RepositoryResult } from "./types.ts";

/**
 * From SIGINT to SIGKILL, milliseconds. restic removes its lock between the two. `init`, from 0.18 on, does not end on
 * SIGINT while it waits for an answer; it takes no lock.
 */
const KILL_AFTER = { withLock: 3_000, withoutLock: 500 };

/** The largest output that is taken into memory, bytes: a snapshot is a few megabytes even with a thousand monitors. */
const MAX_STDOUT = 256 * 1024 * 1024;
const MAX_STDERR = 1024 * 1024;

/** With less room than this for the cache it is left alone, bytes. */
const LEAST_ROOM = 16 * 1024 * 1024;

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
    if (!result.failed) return success({ stdout: result.stdout, stderr });
    const wasAborted = signal.aborted && result.isCanceled;
    if (wasAborted) return failure(interrupted("The work on the restic repository"));
    return failure(lasting ?? explainEnd(result, { stderr, secrets }, { args, limit }));
  };
}

/** Why a restic that nobody stopped did not end well. */
function explainEnd(
  end: { code?: string | undefined; exitCode?: number | undefined; isMaxBuffer: boolean; timedOut: boolean },
  said: Pick<Account, "stderr" | "secrets">,
  { args, limit }: Pick<ResticRun, "args" | "limit">,
): RepositoryProblem {
  if (end.code === "ENOENT" || end.code === "EACCES") return RESTIC_MISSING;
  if (end.isMaxBuffer) return TOO_LARGE;
  // restic repeats a failing request for minutes: what it said meanwhile tells more than the time that it took.
  if (end.timedOut) return recognise({ ...said, exitCode: undefined }) ?? timedOut(args, limit);
  return explain({ ...said, exitCode: end.exitCode });
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

/**
 * What restic is told about its cache: to do without when there is hardly any room for it. For want of a cache restic
 * would only read a little more, but on a full disk it goes wrong: up to 0.15 it repeats each read that it cannot put
 * into the cache for 45 s (a download takes minutes), from 0.16 on it gives up.
 * https://github.com/restic/restic/issues/4130
 * @param env restic's
 */
export function cacheOptions(env: Readonly<Record<string, string>>): string[] {
  const folder = env.RESTIC_CACHE_DIR;
  return folder !== undefined && roomAt(folder) < LEAST_ROOM ? ["--no-cache"] : [];
}

/** Free bytes where a folder is or will be; infinite where that cannot be found out. */
function roomAt(folder: string): number {
  let existing = resolve(folder);
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  try {
    const { bavail, bsize } = statfsSync(existing);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
