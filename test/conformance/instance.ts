import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ReplicatorEvent } from "../../src/events/index.ts";
import { exitCodeOf } from "../../src/pid1/index.ts";
import { inNamespace, isRunning, pidOfFirst } from "../support/pid-namespace.ts";
import { freePort } from "../support/ports.ts";
import { processesAround, processesOf, type SeenProcess } from "../support/processes.ts";
import { PATIENCE, waitFor } from "../support/wait.ts";
import { type Column, fixture, wrap } from "./columns.ts";
import { environment, makeFolder } from "./ground.ts";

/** The negative control misses promises: what has not come about with it by then is missed, milliseconds. */
const CONTROL_LIMIT = 15_000;

export interface InstanceOptions {
  /** Arguments of the stand-in for Kuma. */
  readonly kuma?: readonly string[];
  /** Another child than the stand-in: a whole command. `{folder}` stands for the instance's folder. */
  readonly child?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Arguments of surround.sh. `{folder}` stands for the instance's folder. */
  readonly surround?: readonly string[];
  /** false: on the machine itself, where somebody else is PID 1. */
  readonly namespace?: boolean;
  /** "closed": a pipe that nobody reads any more. */
  readonly stdout?: "closed";
}

/** One run of one PID 1 around one child. */
export interface Instance {
  /** Of its own, for data, repository and log. Its name stands in the environment of all that is started here. */
  readonly folder: string;
  readonly port: number;
  /** PID 1, as its pid is outside. */
  readonly first: number;
  /** What PID 1 and its child have printed. */
  output(): string;
  /** How often the supervisor has logged this event. */
  events(type: ReplicatorEvent["type"]): number;
  /** Waits until it has logged it so many times. */
  happened(type: ReplicatorEvent["type"], times?: number): Promise<void>;
  /** What the stand-in has noted. */
  notes(): string[];
  /** Waits until something is so, within its time. What throws is not so yet. */
  until(what: string, isSo: () => boolean): Promise<void>;
  /** Waits until the stand-in has noted this line so many times. */
  noted(line: string, times?: number): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** Waits for the end; gives the exit code, 128+n for a signal. */
  ended(): Promise<number>;
  processes(): SeenProcess[];
  /** What lives of all that was started here, restic included, without PID 1. */
  family(): SeenProcess[];
  /** Ends what still runs and removes the folder. */
  close(): Promise<void>;
}

/** @param kept the folder of an earlier instance, to go on with what that one has left */
export async function openInstance(
  column: Column,
  options: InstanceOptions,
  kept?: string,
): Promise<Instance> {
  const folder = kept ?? makeFolder();
  const port = await freePort();
  const log = join(folder, "data", "log");
  const place = (word: string) => word.replaceAll("{folder}", folder);
  const standIn = [process.execPath, fixture("kuma/server.mjs"), "--log", log, ...(options.kuma ?? [])];
  const child = (options.child ?? standIn).map(place);
  const command = [
    ...(options.surround ? [fixture("programs/surround.sh"), ...options.surround.map(place), "--"] : []),
    ...wrap(column, child),
  ];
  const isAlone = options.namespace !== false;
  const [program = "", ...args] = isAlone ? inNamespace(command) : command;
  const outer = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...environment({ folder, port, child }),
      ...Object.fromEntries(Object.entries(options.env ?? {}).map(([name, value]) => [name, place(value)])),
    },
  });
  const patience = column === "node" ? CONTROL_LIMIT : PATIENCE;
  const exit = once(outer, "exit");
  let output = "";
  for (const stream of [outer.stdout, outer.stderr]) {
    stream.on("data", (text: Buffer) => {
      output += text.toString();
    });
  }
  if (options.stdout === "closed") outer.stdout.destroy();
  const first = isAlone ? await pidOfFirst(outer) : (outer.pid ?? 0);
  const ended = async () => {
    const late = AbortSignal.timeout(patience);
    const gone = await Promise.race([exit, once(late, "abort")]);
    if (late.aborted) throw new Error(`still running after ${patience / 1000} s`);
    const [code, signal] = gone;
    return exitCodeOf(signal === null ? { code } : { signal });
  };
  const notes = () => (existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n") : []);
  const family = () => processesOf(folder).filter(({ pid }) => pid !== first && pid !== outer.pid);

  const events = (type: string) => output.split(`"event":{"type":"${type}"`).length - 1;
  const until = async (what: string, isSo: () => boolean) => {
    const look = () => {
      try {
        return isSo() || undefined;
      } catch {
        return undefined;
      }
    };
    await waitFor(what, look, { timeout: patience, every: 5 });
  };

  return {
    folder,
    port,
    first,
    output: () => output,
    notes,
    events,
    until,
    happened: (type, times = 1) => until(`${type} is logged ${times}×`, () => events(type) >= times),
    noted: (line, times = 1) =>
      until(
        `the child notes "${line}" ${times}×`,
        () => notes().filter((each) => each === line).length >= times,
      ),
    signal: (signal) => {
      process.kill(first, signal);
    },
    ended,
    processes: () => processesAround(first),
    family,
    close: async () => {
      if (isRunning(outer)) {
        kill(first);
        await exit;
      }
      for (const { pid } of family()) kill(pid);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // ended by itself meanwhile
  }
}
