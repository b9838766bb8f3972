import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { killTree } from "../../../src/pid1/kill-tree.ts";
import { ensureBuilt } from "../install/build.ts";
import { LabError } from "../install/lab-error.ts";
import { programFile } from "../paths.ts";
import { waitFor } from "../wait.ts";
import { isKumaReady, kumaEnvironment } from "./bare-kuma.ts";

/** Longer than Kuma's own way out (4 to 6 s) and the supervisor's grace after it (30 s), milliseconds. */
const STOP_WITHIN = 45_000;

export interface InstanceOptions {
  readonly mode: "BACKUP" | "RESTORE";
  readonly name: string;
  readonly port: number;
  /** Where its Kuma listens, 127.0.0.1 by default. */
  readonly host?: string;
  /** What the supervisor is started by: words before its own command. */
  readonly inside?: readonly string[];
  /** Kuma's data folder, absolute; made when missing. The log is beside it. */
  readonly dataDir: string;
  readonly kumaDir: string;
  /** As restic takes it; a folder, mostly. */
  readonly repository: string;
  readonly password: string;
  /** Seconds between two cycles, as BACKUP_INTERVAL and RESTORE_INTERVAL. */
  readonly interval: number;
  /** More environment for the supervisor, or other values than the above. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface InstanceExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Instance {
  readonly name: string;
  /** Where its Kuma answers: http://HOST:PORT. */
  readonly url: string;
  /** The supervisor's process id. */
  readonly pid: number;
  /** Resolves when the supervisor has ended, however. */
  readonly exited: Promise<InstanceExit>;
  /** All that the supervisor and its Kuma have written so far. */
  log(): string;
  /** Resolves once Kuma answers; throws, with the end of the log, when the supervisor ends or 60 s pass before. */
  waitReady(signal?: AbortSignal): Promise<void>;
  /** SIGTERM to the supervisor, then waits for its end. After 45 s everything is killed. */
  stop(): Promise<InstanceExit>;
  /** SIGKILL to the supervisor and all below it at once, as when a container is killed. */
  kill(): Promise<InstanceExit>;
}

/** The environment of a supervisor, and of the commands that `docker exec` starts beside it. */
export function instanceEnvironment(options: InstanceOptions): Record<string, string> {
  const { HOME = "/root" } = process.env;
  return {
    ...kumaEnvironment(options),
    HOME,
    REPLICATOR_MODE: options.mode,
    REPLICATOR_INSTANCE_NAME: options.name,
    RESTIC_REPOSITORY: options.repository,
    RESTIC_PASSWORD: options.password,
    BACKUP_INTERVAL: `${options.interval}s`,
    RESTORE_INTERVAL: `${options.interval}s`,
    KUMA_DIR: options.kumaDir,
    UPTIME_KUMA_DB_TYPE: "sqlite",
    ...options.env,
  };
}

/** Starts one supervisor with its Kuma, as the image runs it: the compiled program, and nothing but its environment. */
export async function startInstance(options: InstanceOptions): Promise<Instance> {
  await ensureBuilt();
  mkdirSync(options.dataDir, { recursive: true });
  const logFile = `${options.dataDir}.log`;
  // A file, not a pipe: Kuma holds it too, and must be able to write on when its supervisor is killed.
  const output = openSync(logFile, "a");
  const [program = "", ...args] = [...(options.inside ?? []), process.execPath, programFile, "run"];
  const child = spawn(program, args, {
    cwd: options.dataDir,
    env: instanceEnvironment(options),
    // A session of its own: Ctrl-C at a terminal is for the demo, which then stops its instances in order.
    detached: true,
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  return watch(child, options, () => readFileSync(logFile, "utf8"));
}

async function watch(child: ChildProcess, options: InstanceOptions, log: () => string): Promise<Instance> {
  const { name, port, host = "127.0.0.1" } = options;
  const url = `http://${host}:${port}`;
  let ended: InstanceExit | undefined;
  const exited = new Promise<InstanceExit>((resolve) => {
    child.once("exit", (code, signal) => {
      ended = { code, signal };
      resolve(ended);
    });
  });
  const { pid } = child;
  if (pid === undefined) throw new LabError(`The supervisor of ${name} could not be started.`);

  async function readState(): Promise<true | undefined> {
    if (ended !== undefined)
      throw new LabError(`${name} ended before its Uptime Kuma was ready:\n${log().slice(-4000)}`);
    return (await isKumaReady(port, host)) ? true : undefined;
  }
  async function waitReady(signal?: AbortSignal): Promise<void> {
    await waitFor(`${name}: Uptime Kuma ready at ${url}`, readState, { signal }).catch((error) => {
      throw error instanceof LabError && ended === undefined
        ? new LabError(`${error.message}\n${log().slice(-4000)}`)
        : error;
    });
  }
  async function kill(): Promise<InstanceExit> {
    if (ended === undefined) killTree(pid as number);
    return exited;
  }
  async function stop(): Promise<InstanceExit> {
    if (ended === undefined) child.kill("SIGTERM");
    const late = setTimeout(kill, STOP_WITHIN);
    return exited.finally(() => clearTimeout(late));
  }
  return { name, url, pid, exited, log, waitReady, stop, kill };
}
