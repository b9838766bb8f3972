import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { steadyNow } from "../clock.ts";
import type { DatabaseProblem, DatabaseResult, EmbeddedMariaDbLocation } from "../database/index.ts";
import { failure, success } from "../result.ts";
import { serverAnswers } from "./answers.ts";
import { ADVICE, interruptedStart, unreachable } from "./problems.ts";

const CHECK_EVERY_MS = 50;
/** Of what the server says, for the case that it ends by itself. Bytes. */
const KEPT_OUTPUT = 8 * 1024;

/** A MariaDB server of our own, and ready. */
export interface OwnServer {
  readonly pid: number;
  /** Milliseconds that it took to be ready. */
  readonly afterMs: number;
}

/**
 * Starts a MariaDB server as Kuma does, but without a port: nobody else is to come in, and a port that is taken keeps
 * it from starting. Resolves once it takes connections.
 * @param env what Kuma's process sees
 * @param limit until it must be ready, milliseconds; it is killed then, and when the signal aborts
 */
export async function startServer(
  location: EmbeddedMariaDbLocation,
  env: Readonly<Record<string, string>>,
  limit: number,
  signal: AbortSignal,
): Promise<DatabaseResult<OwnServer>> {
  const { serverDir, socket, pidFile, runAs, database } = location;
  if (!existsSync(join(serverDir, database)))
    return failure({
      code: "database-missing",
      message: `There is no database in ${serverDir} yet.`,
      advice: "Nothing to do: Uptime Kuma makes it when it starts.",
    });
  const startedAt = steadyNow();
  const server = execa(
    "mariadbd",
    [
      // Only root may, and for others it is a warning.
      ...(process.getuid?.() === 0 ? [`--user=${runAs.name}`] : []),
      `--datadir=${serverDir}`,
      `--socket=${socket}`,
      `--pid-file=${pidFile}`,
      "--skip-networking",
    ],
    {
      env,
      extendEnv: false,
      stdin: "ignore",
      stdout: "ignore",
      // Read to the end, so that a server that lives on never waits for us; only its last words are kept.
      stderr: "pipe",
      buffer: false,
      forceKillAfterDelay: false,
      reject: false,
    },
  );
  const { pid } = server;
  if (pid === undefined) return failure(cannotRun((await server).code));
  let said = "";
  server.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-KEPT_OUTPUT);
  });
  let hasEnded = false;
  void server.then(() => {
    hasEnded = true;
  });
  while (!hasEnded && !signal.aborted && steadyNow() - startedAt < limit) {
    if (await serverAnswers(socket)) return success({ pid, afterMs: steadyNow() - startedAt });
    await Promise.race([server, sleep(CHECK_EVERY_MS)]);
  }
  if (hasEnded) return failure(endedEarly(said));
  server.kill("SIGKILL");
  await server;
  return failure(signal.aborted ? interruptedStart() : notReady(limit, said));
}

function cannotRun(code: string | undefined): DatabaseProblem {
  const why = code ?? "no reason given";
  return unreachable(
    `The program mariadbd of Uptime Kuma's embedded MariaDB cannot be started (${why}).`,
    ADVICE.missing,
  );
}

function endedEarly(said: string): DatabaseProblem {
  return unreachable(
    `Uptime Kuma's embedded MariaDB ended before it was ready: ${lastError(said)}`,
    "Check space, owner and permissions of its data folder; Uptime Kuma tries once more by itself.",
  );
}

function notReady(limit: number, said: string): DatabaseProblem {
  return unreachable(
    `Uptime Kuma's embedded MariaDB was not ready within ${Math.round(limit / 1000)} s: ${lastError(said)}`,
    "Nothing to do if it passes: to recover from a crash takes its time. Else see what Uptime Kuma logs of it.",
  );
}

/** The first line that the server itself calls an error (those after it follow from it), or else its last one. */
function lastError(said: string): string {
  const lines = said.split("\n").filter((line) => line.trim() !== "");
  const line = lines.find((each) => each.includes("[ERROR]")) ?? lines.at(-1);
  return line?.replace(/^.*\[ERROR\]\s*/, "").trim() ?? "it said nothing.";
}
