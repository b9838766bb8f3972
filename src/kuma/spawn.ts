import { existsSync } from "node:fs";
import { execa } from "execa";
import type { KumaConfig } from "../config/index.ts";
import type { Exit } from "../events/index.ts";
import { failure, type Problem, type Result, success } from "../result.ts";
import { type Channel, openChannel } from "./channel.ts";
import { answerWatch, type Watch } from "./watch.ts";

/** The child process itself. */
export interface Child {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Undefined: it was started without one. */
  readonly channel: Channel | undefined;
  /** Sends a signal to this one process. */
  signal(signal: NodeJS.Signals): void;
}

/** A program that cannot be run at all: trying again will not help. The exit codes are the shell's. */
export interface SpawnProblem extends Problem<"kuma-not-found" | "kuma-not-executable"> {
  readonly exitCode: 127 | 126;
}

/** A data folder may hold many files on a slow disk; past this Kuma is started all the same. Milliseconds. */
const CHOWN_LIMIT = 60_000;

/**
 * Starts Kuma in a session of its own, so that a Ctrl-C at the terminal reaches us alone and the order is ours.
 * @param watch is told what its checks find, if it has a channel
 */
export async function spawnChild(
  kuma: KumaConfig,
  watch: Watch | undefined,
): Promise<Result<Child, SpawnProblem>> {
  await chownDataDir(kuma);
  const [program, ...args] = kuma.command;
  const child = execa(program, args, {
    cwd: kuma.dir,
    env: kuma.env,
    extendEnv: false,
    ...kuma.user,
    detached: true,
    // Not execa's own `ipc`, which keeps every message that comes.
    stdio: ["ignore", "inherit", "inherit", ...(kuma.hasChannel ? (["ipc"] as const) : [])],
    // Else execa sends SIGKILL 5 s after every SIGTERM of ours, its own grace in place of the one that is set.
    forceKillAfterDelay: false,
    reject: false,
  });
  if (child.pid === undefined) return failure(explainSpawn(kuma, (await child).code));
  if (kuma.hasChannel && watch !== undefined) answerWatch(child, watch);
  return success({
    pid: child.pid,
    exited: child.then(({ signal, exitCode }) =>
      signal === undefined ? { code: exitCode ?? 1 } : { signal },
    ),
    channel: kuma.hasChannel ? openChannel(child) : undefined,
    signal: (signal) => {
      child.kill(signal);
    },
  });
}

/**
 * Gives the data folder to the user that Kuma runs as, as 1.23's own entrypoint does at each start: what root wrote
 * there while Kuma was stopped (its database's files, icons) would else be out of Kuma's reach.
 */
async function chownDataDir({ user, dataDir }: KumaConfig): Promise<void> {
  if (user === undefined) return;
  await execa("chown", ["-hR", `${user.uid}:${user.gid}`, dataDir], {
    timeout: CHOWN_LIMIT,
    reject: false,
    stdio: "ignore",
  });
}

/**
 * Why Kuma could not be started.
 * @param code the operating system's, such as ENOENT
 */
function explainSpawn(kuma: KumaConfig, code: string | undefined): SpawnProblem {
  if (!existsSync(kuma.dir)) {
    return {
      code: "kuma-not-found",
      exitCode: 127,
      message: `Kuma's folder ${kuma.dir} does not exist.`,
      advice: "Set KUMA_DIR to the folder that holds Kuma's server/server.js.",
    };
  }
  if (code === "EACCES") {
    return {
      code: "kuma-not-executable",
      exitCode: 126,
      message: `Kuma's command ${kuma.command[0]} may not be executed.`,
      advice: "Make it executable, or set KUMA_COMMAND to a program that is.",
    };
  }
  return {
    code: "kuma-not-found",
    exitCode: 127,
    message: `Kuma's command ${kuma.command[0]} cannot be started (${code ?? "no reason given"}).`,
    advice: "Set KUMA_COMMAND to a program that exists; the default is: node server/server.js",
  };
}
