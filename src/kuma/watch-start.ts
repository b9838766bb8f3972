import { setTimeout as sleep } from "node:timers/promises";
import type { KumaProcess } from "./kuma-process.ts";

/** How a start went. `never-ready`: it ended before it was ready, or was killed since that took too long. */
export type StartOutcome = "alive" | "never-ready" | "died" | "interrupted";

/** All in milliseconds. */
interface StartLimits {
  /** Until it is ready. */
  readonly startLimit: number;
  /** How long it must live after that. */
  readonly windowMs: number;
}

/**
 * Watches one start of Kuma: ready in time, and then alive for a while.
 * @param onReady is called when it is ready
 */
export async function watchStart(
  kuma: KumaProcess,
  { startLimit, windowMs }: StartLimits,
  signal: AbortSignal,
  onReady: () => void,
): Promise<StartOutcome> {
  const startup = await raceAbort([kuma.startup, sleep(startLimit, "late", unref)], signal);
  if (startup === undefined) return "interrupted";
  if (startup === "late") {
    kuma.kill(`it did not become ready within ${Math.round(startLimit / 1000)} s`);
    await kuma.exited;
  }
  if (startup !== "ready") return signal.aborted ? "interrupted" : "never-ready";
  onReady();
  const life = await raceAbort([kuma.exited, sleep(windowMs, "alive", unref)], signal);
  if (life === "alive") return "alive";
  return signal.aborted ? "interrupted" : "died";
}

const unref = { ref: false };

/** The first of the promises, or undefined as soon as the signal aborts. */
async function raceAbort<T extends readonly Promise<unknown>[]>(
  promises: T,
  signal: AbortSignal,
): Promise<Awaited<T[number]> | undefined> {
  if (signal.aborted) return undefined;
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<undefined>((resolve) => {
    onAbort = () => resolve(undefined);
  });
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return (await Promise.race([...promises, aborted])) as Awaited<T[number]> | undefined;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
