import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ReplicatorEvent } from "../../src/events/index.ts";
import { InvariantViolation } from "./invariant.ts";
import { instanceEnvironment } from "./kuma/instance.ts";
import { followLogFile, type LogEntry } from "./log-file.ts";
import { programFile, projectFolder } from "./paths.ts";
import { inNamespace, isRunning, pidOfFirst } from "./pid-namespace.ts";
import { requireFreePorts } from "./ports.ts";
import { processesAround, type SeenProcess } from "./processes.ts";
import { PATIENCE, waitFor } from "./wait.ts";

export const PASSWORD = "faults-password";

const fixtures = join(projectFolder, "test/fixtures");

export interface NamespaceOptions {
  readonly mode: "BACKUP" | "RESTORE";
  readonly name: string;
  /** Kuma's data folder, absolute; the log is beside it. */
  readonly dataDir: string;
  readonly repository: string;
  /** In a root folder of its own, in which its data folder is /app/data: Kuma's embedded MariaDB has no other place. */
  readonly ownRoot?: boolean;
  /** More environment, or other values. */
  readonly env?: Readonly<Record<string, string>>;
}

/** One supervisor, the compiled program, as PID 1 of a namespace of its own, with the stand-in for Kuma below it. */
export interface SupervisorNamespace {
  readonly dataDir: string;
  readonly port: number;
  /** Of PID 1, as it is outside. */
  readonly pid: number;
  /** What this run has reported so far, oldest first. */
  events(): ReplicatorEvent[];
  /** The same, with when that was. */
  entries(): LogEntry[];
  /**
   * Waits, 60 s by default, for an event after the first `from` ones.
   * @throws InvariantViolation, which names it
   */
  untilLogged<T extends ReplicatorEvent["type"]>(
    type: T,
    options?: WaitOptions,
  ): Promise<Extract<ReplicatorEvent, { type: T }>>;
  output(): string;
  /** Wakes the supervisor for a cycle, and gives how that ends. */
  cycle(): Promise<ReplicatorEvent>;
  /** Waits, 60 s by default, for the end of a cycle after the first `from` events. */
  outcome(from: number, timeout?: number): Promise<ReplicatorEvent>;
  /** To the supervisor. */
  signal(signal: NodeJS.Signals): void;
  /** All in the namespace, the supervisor included. */
  processes(): SeenProcess[];
  /** The pid of the stand-in, or the real Kuma, if it runs. */
  kumaPid(): number | undefined;
  /** Waits for the end by itself; gives the exit code. */
  ended(): Promise<number | null>;
  /** SIGKILL to everything at once, as when a container is killed. */
  kill(): Promise<void>;
  /** SIGTERM; gives the exit code. */
  stop(): Promise<number | null>;
}

export interface WaitOptions {
  /** So many events to skip. */
  readonly from?: number;
  /** Milliseconds. */
  readonly timeout?: number;
}

/** Starts an instance and waits for PID 1. `env` may name a real Kuma by KUMA_DIR, and then KUMA_COMMAND must be "". */
export async function openNamespace({
  mode,
  name,
  dataDir,
  repository,
  ownRoot = false,
  env = {},
}: NamespaceOptions): Promise<SupervisorNamespace> {
  mkdirSync(dataDir, { recursive: true });
  const port = await nextPort();
  const kumaDir = join(fixtures, "kuma");
  const logFile = `${dataDir}.log`;
  const output = openSync(logFile, "a");
  const { text, entries } = followLogFile(logFile);
  const events = () => entries().map(({ event }) => event);
  const command = [process.execPath, programFile, "run"];
  const [program, ...args] = inNamespace(ownRoot ? [...prepareRoot(dataDir), ...command] : command);
  const outer = spawn(program, args, {
    cwd: dataDir,
    stdio: ["ignore", output, output],
    env: {
      ...instanceEnvironment({
        mode,
        name,
        port,
        dataDir: ownRoot ? "/app/data" : dataDir,
        kumaDir,
        repository,
        password: PASSWORD,
        interval: 3_600,
      }),
      HOME: dataDir,
      REPLICATOR_PROOF_WINDOW: "300ms",
      REPLICATOR_RESTART_PAUSE: "0s",
      REPLICATOR_RESTART_LIMIT: "1000",
      REPLICATOR_KEEP: "off",
      KUMA_COMMAND: `"${process.execPath}" "${join(fixtures, "programs/kuma-with-database.mjs")}"`,
      STAND_IN_TEMPLATE: join(fixtures, "kuma-dbs/2.5.3.db"),
      LOG_FORMAT: "json",
      LOG_LEVEL: "debug",
      ...env,
    },
  });
  closeSync(output);
  const exited = once(outer, "exit");
  const first = await pidOfFirst(outer);
  const outcome = (from: number, timeout = PATIENCE) =>
    waitFor("the end of a cycle", () => events().slice(from).find(isOutcome), { timeout, every: 15 }).catch(
      () => {
        throw new InvariantViolation(
          `${name}: no end of a cycle within ${timeout / 1_000} s\n${tail(text())}`,
        );
      },
    );
  const signal = (which: NodeJS.Signals) => {
    if (isRunning(outer)) process.kill(first, which);
  };
  const around = () => {
    try {
      return isRunning(outer) ? processesAround(first) : [];
    } catch {
      return []; // It ended just now.
    }
  };
  const kill = async () => {
    if (isRunning(outer)) process.kill(first, "SIGKILL");
    await exited;
  };

  return {
    dataDir,
    port,
    pid: first,
    events,
    entries,
    output: text,
    untilLogged: async (type, { from = 0, timeout = PATIENCE } = {}) => {
      const find = () => {
        const found = events()
          .slice(from)
          .find((event) => event.type === type);
        if (found === undefined && !isRunning(outer))
          throw new InvariantViolation(`${name} ended before "${type}"\n${tail(text())}`);
        return found;
      };
      const found = await waitFor(type, find, { timeout, every: 15 }).catch((error) => {
        throw error instanceof InvariantViolation
          ? error
          : new InvariantViolation(`${name}: no "${type}" within ${timeout} ms\n${tail(text())}`);
      });
      return found as Extract<ReplicatorEvent, { type: typeof type }>;
    },
    cycle: () => {
      const from = events().length;
      signal("SIGUSR1");
      return outcome(from);
    },
    outcome,
    signal,
    processes: around,
    kumaPid: () =>
      around().find(({ pid, zombie, command }) => pid !== first && !zombie && isKuma(command))?.pid,
    ended: async () => (await exited)[0],
    kill,
    stop: async () => {
      if (isRunning(outer)) process.kill(first, "SIGTERM");
      const late = setTimeout(kill, 45_000);
      const [code] = await exited;
      clearTimeout(late);
      return code;
    },
  };
}

/** What runs a command in a root folder of its own; an empty folder beside the data is where that is mounted. */
function prepareRoot(dataDir: string): string[] {
  const root = `${dataDir}.root`;
  mkdirSync(root, { recursive: true });
  return [fileURLToPath(new URL("in-own-root.sh", import.meta.url)), root, dataDir];
}

let ports = 0;

/**
 * A port below those that the kernel gives away (32768 and up), another for each instance: one that is merely free
 * now may be somebody's a moment later, and a Kuma that ends because of that is a configuration refused.
 */
async function nextPort(): Promise<number> {
  ports += 1;
  const port = 10_000 + ((process.pid * 100 + ports) % 22_000);
  return requireFreePorts([port]).then(
    () => port,
    () => nextPort(),
  );
}

function isOutcome({ type }: ReplicatorEvent): boolean {
  return [
    "applied",
    "published",
    "unchanged",
    "cycle-failed",
    "rolled-back",
    "nothing-published-yet",
  ].includes(type);
}

function isKuma(command: readonly string[]): boolean {
  return command.some(
    (word) =>
      word.includes("kuma-with-database") ||
      word.includes("kuma-with-mariadb") ||
      word.includes("server/server.js") ||
      word.includes("uptime-kuma"),
  );
}

function tail(text: string): string {
  return text.slice(-3_000);
}
