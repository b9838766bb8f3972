import { setTimeout as sleep } from "node:timers/promises";
import { steadyNow } from "../clock.ts";
import type { KumaConfig } from "../config/index.ts";
import type { Exit, Listener } from "../events/index.ts";
import { failure, interrupted, type Problem, type Result, success } from "../result.ts";
import { type KumaProcess, type Phase, spawnKuma } from "./kuma-process.ts";
import { countCrash, pauseAfter } from "./limits.ts";
import { isPortTaken } from "./probe.ts";
import { raceAbort } from "./race-abort.ts";
import type { SpawnProblem } from "./spawn-problem.ts";

export type StopReason = "apply" | "shutdown" | "roll-back";

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
   * Ends Kuma and proves its exit; whatever state it is in, it is not running when this resolves.
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
  /** Resolves once Kuma is ready; at once when it is. Rejects when the signal aborts. */
  untilReady(signal: AbortSignal): Promise<void>;
  /** SIGKILL to Kuma and all its descendants, now. */
  kill(reason: string): void;
  /** Passes a signal on to Kuma, if it runs. */
  forward(signal: NodeJS.Signals): void;
  readonly ended: Promise<End>;
}

/** Owns the Kuma process: one at most, restarted with growing pauses when it crashes. */
export function createSupervisor(kuma: KumaConfig, emit: Listener): Supervisor {
  const { limits } = kuma;
  let kumaProcess: KumaProcess | undefined;
  let crashes = 0;
  /** Aborted by `stop`; a new one for each start. */
  let running: AbortController | undefined;
  let keeping: Promise<void> = Promise.resolve();
  let shutDown = false;
  const readyWaiters = new Set<() => void>();
  let resolveEnded: (end: End) => void;
  const ended = new Promise<End>((resolve) => {
    resolveEnded = resolve;
  });

  return {
    get state(): KumaState {
      if (kumaProcess !== undefined && kumaProcess.phase !== "gone")
        return { name: kumaProcess.phase, pid: kumaProcess.pid };
      return running !== undefined && crashes > 0 ? { name: "backing-off", crashes } : { name: "stopped" };
    },
    start: () => {
      if (running === undefined) keep();
    },
    stop,
    startAndVerify,
    untilReady,
    kill: (reason) => kumaProcess?.kill(reason),
    forward: (signal) => kumaProcess?.signal(signal),
    ended,
  };

  function keep(first?: KumaProcess): void {
    if (shutDown) return;
    running = new AbortController();
    keeping = keepAlive(running.signal, first);
  }

  /** Runs Kuma again and again, until asked to stop or out of patience. */
  async function keepAlive(stopped: AbortSignal, first?: KumaProcess): Promise<void> {
    let next: KumaProcess | undefined = first;
    while (!stopped.aborted) {
      const begun: Result<KumaProcess> = next === undefined ? await begin() : success(next);
      next = undefined;
      if (stopped.aborted && !begun.ok) return;
      if (!begun.ok && isSpawnProblem(begun.problem)) {
        return resolveEnded({ reason: "cannot-start", problem: begun.problem });
      }
      const startedAt = steadyNow();
      const exit = begun.ok ? await waitForExit(begun.value, stopped) : { code: 1 };
      if (stopped.aborted) return;
      crashes = countCrash(crashes, steadyNow() - startedAt);
      const restartInMs = pauseAfter(crashes, limits);
      if (begun.ok) emit({ type: "kuma-crashed", exit, crashes, restartInMs });
      else emit({ type: "kuma-start-failed", problem: begun.problem, restartInMs });
      if (restartInMs === undefined) return resolveEnded({ reason: "crashed-too-often", exit });
      await sleep(restartInMs, undefined, { signal: stopped }).catch(() => undefined);
    }
  }

  /** Waits for the end of a life, and sees to it when `stop` came while Kuma was being spawned. */
  function waitForExit(current: KumaProcess, stopped: AbortSignal): Promise<Exit> {
    return stopped.aborted ? current.end("shutdown") : current.exited;
  }

  async function begin(): Promise<Result<KumaProcess>> {
    if (shutDown) return failure(interrupted("Watching Uptime Kuma"));
    if (await isPortTaken(kuma.url)) {
      return failure({
        code: "port-taken",
        message: `Something else already listens on ${kuma.url}, where Kuma would.`,
        advice: "Stop the other program, or set UPTIME_KUMA_PORT to a free port.",
      });
    }
    const begun = await spawnKuma(kuma, emit);
    if (!begun.ok) return begun;
    kumaProcess = begun.value;
    void kumaProcess.settled.then((result) => {
      if (result === "ready") for (const wake of readyWaiters) wake();
    });
    return begun;
  }

  async function stop(reason: StopReason): Promise<void> {
    if (reason === "shutdown") shutDown = true;
    running?.abort();
    await kumaProcess?.end(reason);
    await keeping;
    running = undefined;
  }

  async function startAndVerify(windowMs: number, signal: AbortSignal): Promise<Result<{ readyAt: number }>> {
    const begun = await begin();
    if (!begun.ok) return begun;
    const current = begun.value;
    const settled = await raceAbort([current.settled, sleep(limits.startLimit, "late", unref)], signal);
    if (settled === "late") {
      current.kill(`it did not become ready within ${Math.round(limits.startLimit / 1000)} s`);
      await current.exited;
    }
    const readyAt = steadyNow();
    const outcome =
      settled === "ready"
        ? await raceAbort([current.exited, sleep(windowMs, "alive", unref)], signal)
        : undefined;
    if (outcome === "alive" || signal.aborted) {
      crashes = 0;
      keep(current);
      // `stop` may have come while Kuma was being spawned, and have known nothing of it.
      if (shutDown) await current.end("shutdown");
      return signal.aborted ? failure(interrupted("Watching Uptime Kuma")) : success({ readyAt });
    }
    return failure({
      code: "kuma-does-not-run",
      message:
        settled === "ready"
          ? `Kuma ended within ${Math.round(windowMs / 1000)} s of its start.`
          : "Kuma did not become ready.",
      advice: "Kuma's own log, above this line, says why.",
    });
  }

  async function untilReady(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (kumaProcess?.phase === "ready") return;
    await new Promise<void>((resolve, reject) => {
      const done = (settle: () => void) => {
        readyWaiters.delete(wake);
        signal.removeEventListener("abort", fail);
        settle();
      };
      const wake = () => done(resolve);
      const fail = () => done(() => reject(signal.reason));
      readyWaiters.add(wake);
      signal.addEventListener("abort", fail);
    });
  }
}

const unref = { ref: false };

function isSpawnProblem(problem: Problem): problem is SpawnProblem {
  return "exitCode" in problem;
}
