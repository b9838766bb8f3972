import { setTimeout as sleep } from "node:timers/promises";
import { steadyNow, toWallClock } from "../clock.ts";
import type { Listener } from "../events/index.ts";
import { errorWithStack } from "../format.ts";
import type { Supervisor } from "../kuma/index.ts";
import { failure, type Problem, type Result } from "../result.ts";

/**
 * Why a cycle runs. "scheduled": its time has come, or something woke it. "requested": a person asked, and wants the
 * repository checked. "retry": that person knows what was refused before: a snapshot, a repository that went back, or
 * one that is empty or gone.
 */
export type CycleReason = "scheduled" | "requested" | "retry";

/** The repeated work of an instance, and the bell that starts the next cycle early. */
export interface Cycles {
  /** Runs a cycle as soon as Kuma is ready, and again after each interval, until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** Ends the present pause; during a cycle it makes the next one follow at once. */
  wake(): void;
  /** Reports a failure, with how often it was seen in a row, and a recovery; nothing that a shutdown cut short. */
  reportResult(result: Result<void>, signal: AbortSignal): void;
  /** When the next cycle is due, milliseconds since 1970; undefined while one runs or Kuma is not ready. */
  readonly nextAt: number | undefined;
}

/**
 * @param cycle one round of work; its problems are reported, counted and tried again, they never end the loop
 * @param interval milliseconds between the end of a cycle and the start of the next
 */
export function createCycles(
  cycle: (signal: AbortSignal) => Promise<Result<void>>,
  interval: () => number,
  kuma: Pick<Supervisor, "start" | "untilReady">,
  emit: Listener,
): Cycles {
  let bell = new AbortController();
  /** By the steady clock. */
  let nextAt: number | undefined;
  let failures = 0;
  let lastCode: string | undefined;
  let repeated = 0;

  return {
    wake: () => bell.abort(),
    reportResult,
    get nextAt() {
      return nextAt && toWallClock(nextAt);
    },
    run: async (signal) => {
      while (!signal.aborted) {
        // Whatever a cycle left behind, between two of them Kuma is to run.
        kuma.start();
        await kuma.untilReady(signal).catch(() => undefined);
        if (signal.aborted) return;
        bell = new AbortController();
        const pause = interval();
        await runOne(signal, pause);
        nextAt = steadyNow() + pause;
        await sleep(pause, undefined, { signal: AbortSignal.any([signal, bell.signal]) }).catch(
          () => undefined,
        );
        nextAt = undefined;
      }
    },
  };

  async function runOne(signal: AbortSignal, pause: number): Promise<void> {
    const startedAt = steadyNow();
    emit({ type: "cycle-started" });
    const result = await attempt(() => cycle(signal));
    reportResult(result, signal);
    const durationMs = steadyNow() - startedAt;
    if (result.ok || !signal.aborted)
      emit({ type: "cycle-done", succeeded: result.ok, durationMs, nextInMs: pause });
  }

  function reportResult(result: Result<void>, signal: AbortSignal): void {
    if (!result.ok && signal.aborted) return;
    if (!result.ok) {
      recordFailure(result.problem);
      return;
    }
    if (failures > 0) emit({ type: "cycle-recovered", failures });
    failures = 0;
    lastCode = undefined;
  }

  function recordFailure(problem: Problem): void {
    failures += 1;
    repeated = problem.code === lastCode ? repeated + 1 : 0;
    lastCode = problem.code;
    emit({ type: "cycle-failed", problem, repeated });
  }
}

/** Runs work; a defect in it becomes a failure like any other: nothing of replication may end the supervision. */
export async function attempt<T>(work: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await work();
  } catch (error) {
    return failure({
      code: "internal",
      message: `Replication failed unexpectedly: ${errorWithStack(error)}`,
      advice: "Uptime Kuma goes on running. Please report it with this line.",
    });
  }
}
