import { EventEmitter, once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { steadyNow } from "../clock.ts";
import type { KumaConfig } from "../config/index.ts";
import type { Exit, Listener, StopReason } from "../events/index.ts";
import { failure, type Problem, type Result, success } from "../result.ts";
import { type Channel, type ChannelResult, unavailable } from "./channel.ts";
import { type KumaProcess, type LeftServer, type Phase, spawnKuma } from "./kuma-process.ts";
import { isPortTaken } from "./probe.ts";
import { createRestartPolicy } from "./restart-policy.ts";
import type { SpawnProblem } from "./spawn.ts";
import type { Watch } from "./watch.ts";
import { watchStart } from "./watch-start.ts";

/** Where Kuma stands. */
export type KumaState =
  | { readonly name: "stopped" }
  | { readonly name: Exclude<Phase, "gone">; readonly pid: number }
  | { readonly name: "backing-off"; readonly crashes: number };

/** Why the supervisor has nothing left to supervise, though nobody asked it to stop. */
export type End =
  | { readonly reason: "crashed-too-often"; readonly exit: Exit }
  | { readonly reason: "cannot-start"; readonly problem: SpawnProblem };

export interface Supervisor {
  readonly state: KumaState;
  /** Starts Kuma and keeps it running until `stop`. */
  start(): void;
  /**
   * Ends Kuma and waits for its exit; whatever state it is in, it is not running when this resolves.
   * After a stop for "shutdown" it is never started again.
   */
  stop(reason: StopReason): Promise<void>;
  /**
   * Starts Kuma and watches it: ready in time and then alive for `windowMs`, with no second chance. When it passes,
   * it is kept running as after `start`; when not, Kuma is stopped.
   * @param windowMs how long it must live after it is ready, milliseconds
   * @param signal ends the watching (not Kuma): the problem is then "interrupted"
   * @returns when it was ready, by the steady clock
   */
  startAndVerify(windowMs: number, signal: AbortSignal): Promise<Result<{ readyAt: number }>>;
  /** The way to the Kuma that runs now, to change its configuration under it; a problem when it is not ready. */
  channel(): ChannelResult<Channel>;
  /** Resolves once Kuma is ready; at once when it is. Rejects when the signal aborts. */
  untilReady(signal: AbortSignal): Promise<void>;
  /** SIGKILL to Kuma and all its descendants, now. */
  kill(reason: string): void;
  /** Passes a signal on to Kuma, if it runs. */
  forward(signal: NodeJS.Signals): void;
  readonly ended: Promise<End>;
}

/** A start that gave no process. "interrupted": by a shutdown. */
type StartProblem = SpawnProblem | (Problem & { readonly code: "port-taken" | "interrupted" });

/** One run of Kuma that nobody ended: until it crashed, or a start that failed. */
interface Run {
  readonly exit: Exit;
  /** Milliseconds. */
  readonly ranFor: number;
  readonly problem: StartProblem | undefined;
}

/**
 * Owns the Kuma process: one at most, restarted with growing pauses when it crashes.
 * @param watch is told what Kuma's checks find
 */
export function createSupervisor(
  kuma: KumaConfig,
  server: LeftServer,
  emit: Listener,
  watch?: Watch,
): Supervisor {
  const { limits } = kuma;
  let kumaProcess: KumaProcess | undefined;
  const restarts = createRestartPolicy(limits);
  /** Aborted by `stop`; a new one for each start. */
  let running: AbortController | undefined;
  let keeping: Promise<void> = Promise.resolve();
  let isShutDown = false;
  /** Emits "ready". */
  const readiness = new EventEmitter().setMaxListeners(0);
  let resolveEnded: (end: End) => void;
  const ended = new Promise<End>((resolve) => {
    resolveEnded = resolve;
  });

  return {
    get state(): KumaState {
      if (kumaProcess !== undefined && kumaProcess.phase !== "gone")
        return { name: kumaProcess.phase, pid: kumaProcess.pid };
      const { crashes } = restarts;
      return running !== undefined && crashes > 0 ? { name: "backing-off", crashes } : { name: "stopped" };
    },
    start: () => {
      if (running === undefined) keep();
    },
    stop,
    startAndVerify,
    channel: () => {
      if (kumaProcess?.phase !== "ready") return unavailable("it is not ready");
      const { channel } = kumaProcess;
      return channel === undefined ? unavailable("it was started without a channel") : success(channel);
    },
    untilReady: async (signal) => {
      signal.throwIfAborted();
      if (kumaProcess?.phase !== "ready") await once(readiness, "ready", { signal });
    },
    kill: (reason) => kumaProcess?.kill(reason),
    forward: (signal) => kumaProcess?.signal(signal),
    ended,
  };

  function keep(first?: KumaProcess): void {
    if (isShutDown) return;
    running = new AbortController();
    keeping = keepAlive(running.signal, first);
  }

  /** Runs Kuma again and again, until asked to stop or out of patience. */
  async function keepAlive(stopped: AbortSignal, first?: KumaProcess): Promise<void> {
    let next = first;
    while (!stopped.aborted) {
      const run = await runOnce(stopped, next);
      next = undefined;
      if (stopped.aborted) return;
      const { exit, ranFor, problem } = run;
      if (problem !== undefined && "exitCode" in problem)
        return resolveEnded({ reason: "cannot-start", problem });
      const restartInMs = restarts.recordCrash(ranFor);
      if (problem === undefined) emit({ type: "kuma-crashed", exit, crashes: restarts.crashes, restartInMs });
      else emit({ type: "kuma-start-failed", problem, restartInMs });
      if (restartInMs === undefined) return resolveEnded({ reason: "crashed-too-often", exit });
      await sleep(restartInMs, undefined, { signal: stopped }).catch(() => undefined);
    }
  }

  /** @param first a Kuma that runs already */
  async function runOnce(stopped: AbortSignal, first?: KumaProcess): Promise<Run> {
    const begun = first === undefined ? await begin() : success(first);
    if (!begun.ok) return { exit: { code: 1 }, ranFor: 0, problem: begun.problem };
    const startedAt = steadyNow();
    // `stop` may have come while Kuma was being spawned, and have known nothing of it.
    const exit = await (stopped.aborted ? begun.value.end("shutdown") : begun.value.exited);
    return { exit, ranFor: steadyNow() - startedAt, problem: undefined };
  }

  async function begin(): Promise<Result<KumaProcess, StartProblem>> {
    if (isShutDown) return failure(interrupted);
    if (await isPortTaken(kuma.url)) {
      return failure({
        code: "port-taken",
        message: `Something else already listens on ${kuma.url}, where Kuma would.`,
        advice: "Stop the other program, or set UPTIME_KUMA_PORT to a free port.",
      });
    }
    await server.handOver();
    const begun = isShutDown ? failure(interrupted) : await spawnKuma(kuma, server, emit, watch);
    if (!begun.ok) {
      server.kumaEnded();
      return begun;
    }
    kumaProcess = begun.value;
    void kumaProcess.startup.then((result) => result === "ready" && readiness.emit("ready"));
    return begun;
  }

  async function stop(reason: StopReason): Promise<void> {
    if (reason === "shutdown") isShutDown = true;
    running?.abort();
    await kumaProcess?.end(reason);
    await keeping;
    running = undefined;
    if (reason === "shutdown") await server.close();
  }

  async function startAndVerify(windowMs: number, signal: AbortSignal): Promise<Result<{ readyAt: number }>> {
    const begun = await begin();
    if (!begun.ok) return begun;
    let readyAt = 0;
    const watched = { startLimit: limits.startLimit, windowMs };
    const outcome = await watchStart(begun.value, watched, signal, () => {
      readyAt = steadyNow();
    });
    if (outcome === "died" || outcome === "never-ready") return failure(doesNotRun(outcome, windowMs));
    restarts.reset();
    keep(begun.value);
    // `stop` may have come while Kuma was being spawned, and have known nothing of it.
    if (isShutDown) await begun.value.end("shutdown");
    return signal.aborted ? failure(interrupted) : success({ readyAt });
  }
}

const interrupted = {
  code: "interrupted",
  message: "A shutdown came while Kuma was being watched.",
  advice: "Nothing to do: the next start goes on from here.",
} as const;

function doesNotRun(outcome: "died" | "never-ready", windowMs: number): Problem {
  return {
    code: "kuma-does-not-run",
    message:
      outcome === "died"
        ? `Kuma ended within ${Math.round(windowMs / 1000)} s of its start.`
        : "Kuma did not become ready.",
    advice: "Kuma's own log, above this line, says why.",
  };
}
