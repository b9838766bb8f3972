import { fileURLToPath } from "node:url";
import { execa } from "execa";
import * as z from "zod";
import { decodeUtf8, parseJson } from "../parse.ts";
import { failure, interrupted, type Result, success } from "../result.ts";
import { MAX_SNAPSHOT_BYTES } from "../snapshot/index.ts";
import { BASH_SNAPSHOT_PROBLEMS, type BashSnapshotProblem, invalid, tooLarge } from "./problems.ts";
import { NOT_READ, type ReadTask } from "./task.ts";

/** The sources run as they are, the build has a file of its own for it (scripts/build.mjs). */
const PROGRAM = import.meta.url.endsWith(".ts") ? "program.ts" : "read-bash-snapshot.js";

/** Milliseconds. A thousand monitors take well under a second. */
const TIME_LIMIT = 60_000;

/** Of JavaScript's memory, MiB: what is read, and the same again in our format. */
const MEMORY_LIMIT = 1024;

const problemShape = z.object({
  code: z.enum(BASH_SNAPSHOT_PROBLEMS),
  message: z.string(),
  advice: z.string(),
});

/**
 * Reads what a bash version published, in a process of its own, which holds nothing but these bytes and has no secret
 * in its environment: they are from a file that anybody may have made who can write to the repository.
 * @param bytes see `ReadTask.form`
 * @param limit milliseconds
 * @returns the bytes of a snapshot in our format
 */
export async function readBashSnapshot(
  bytes: Uint8Array,
  task: ReadTask,
  signal: AbortSignal,
  limit = TIME_LIMIT,
): Promise<Result<Uint8Array, BashSnapshotProblem>> {
  if (bytes.byteLength > MAX_SNAPSHOT_BYTES) return tooLarge(`is ${bytes.byteLength} bytes long`);
  const program = fileURLToPath(new URL(PROGRAM, import.meta.url));
  const options = [...loaders(), `--max-old-space-size=${MEMORY_LIMIT}`];
  const result = await execa(process.execPath, [...options, program, JSON.stringify(task)], {
    input: bytes,
    env: {},
    extendEnv: false,
    encoding: "buffer",
    stripFinalNewline: false,
    maxBuffer: MAX_SNAPSHOT_BYTES,
    timeout: limit,
    cancelSignal: signal,
    killSignal: "SIGKILL",
    reject: false,
  });
  if (signal.aborted && result.isCanceled)
    return failure(interrupted("Reading the snapshot of the bash version"));
  if (result.exitCode === 0 && !result.failed) return success(result.stdout);
  if (result.exitCode === NOT_READ) {
    const problem = problemShape.safeParse(parseJson(decodeUtf8(result.stdout)));
    if (problem.success) return failure(problem.data);
  }
  if (result.timedOut) return tooLarge(`was not read within ${limit / 1000} s`);
  if (result.isMaxBuffer || result.isTerminated)
    return tooLarge("takes more memory than a configuration needs");
  return invalid("the program that reads it has failed");
}

/** What makes Node take the sources as they are, where it runs those. */
function loaders(): string[] {
  const { execArgv } = process;
  return execArgv.flatMap((option, index) =>
    option === "--import" ? [option, execArgv[index + 1] ?? ""] : [],
  );
}
