import { readFileSync } from "node:fs";

// Nothing of ours is imported here: whatever is, is loaded while nobody listens.

/** What asks for an end, and what would end us or open Node's debugger while nobody listens. */
const HELD = ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const;

const held: NodeJS.Signals[] = [];
const hold: NodeJS.SignalsListener = (signal) => void held.push(signal);

/**
 * Keeps the signals that come before `listenToSignals`. The very first thing that the program does: loading the rest
 * takes a few tenths of a second, and as PID 1 a signal that nobody listens to is lost for good.
 */
export function holdSignals(): void {
  held.push(...missedSignals());
  for (const signal of HELD) process.on(signal, hold);
}

/** Ends the holding. @returns the signals that came, in their order */
export function takeHeldSignals(): readonly NodeJS.Signals[] {
  for (const signal of HELD) process.off(signal, hold);
  return held.splice(0);
}

/**
 * The signals that came while Node itself started, before any of our code ran. Node has handlers of its own for these
 * two by then, each good for one signal (SA_RESETHAND), which raise the signal once more; for PID 1 the kernel drops
 * that. So a handler that is gone tells of a signal that came (`SignalExit` and `PlatformInit` in
 * https://github.com/nodejs/node/blob/v20.20.2/src/node.cc; the same in 22).
 */
function missedSignals(): NodeJS.Signals[] {
  if (process.pid !== 1 || process.platform !== "linux") return [];
  const [, caught] = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readStatus()) ?? [];
  if (caught === undefined) return [];
  const mask = BigInt(`0x${caught}`);
  return (
    [
      ["SIGINT", 2n],
      ["SIGTERM", 15n],
    ] as const
  )
    .filter(([, number]) => (mask & (1n << (number - 1n))) === 0n)
    .map(([signal]) => signal);
}

function readStatus(): string {
  try {
    return readFileSync("/proc/self/status", "latin1");
  } catch {
    return "";
  }
}
