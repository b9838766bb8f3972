import { constants } from "node:os";
import { takeHeldSignals } from "./early.ts";

interface SignalHandlers {
  /** SIGTERM, SIGINT: each of them, so also the second that means "at once". */
  stop(signal: NodeJS.Signals): void;
  /** SIGUSR1. */
  syncNow(): void;
  /** SIGUSR2. */
  reportState(): void;
  /** Anything else that one process may send to another: it is meant for Kuma. */
  forward(signal: NodeJS.Signals): void;
}

/**
 * What is passed on to Kuma. Not in it: what Node cannot catch (KILL, STOP) or has no name for (real-time signals);
 * what the kernel tells us about ourselves (CHLD, PIPE, XFSZ, the faults SEGV, BUS, FPE, ILL, TRAP, SYS, ABRT, and
 * TTIN, TTOU); and VTALRM and PROF, which V8's profilers use. tini draws nearly the same line.
 */
export const FORWARDED: readonly NodeJS.Signals[] = (
  [
    "SIGHUP",
    "SIGQUIT",
    "SIGALRM",
    "SIGCONT",
    "SIGTSTP",
    "SIGWINCH",
    "SIGURG",
    "SIGIO",
    "SIGPWR",
    "SIGXCPU",
    "SIGSTKFLT",
  ] as const
).filter((name) => constants.signals[name] !== undefined);

/**
 * Listens to every signal that means something to us or to Kuma. As PID 1 this is what makes SIGTERM work at all: the
 * kernel drops a signal for which PID 1 has no handler. Handlers are called in the order in which Node sees the
 * signals, first with those that came before anybody listened (early.ts). A listener on SIGUSR1 also keeps Node from
 * opening its debugger port on it (seen on Node 20; https://nodejs.org/api/process.html#signal-events).
 */
export function listenToSignals(handlers: SignalHandlers): { dispose(): void } {
  const listeners = new Map<NodeJS.Signals, NodeJS.SignalsListener>([
    ["SIGTERM", handlers.stop],
    ["SIGINT", handlers.stop],
    ["SIGUSR1", handlers.syncNow],
    ["SIGUSR2", handlers.reportState],
  ]);
  // Another name of SIGIO. execa's signal-exit listens to it too, and where it finds itself alone it ends our restic
  // and raises the signal once more.
  listeners.set("SIGPOLL", () => undefined);
  for (const signal of FORWARDED) listeners.set(signal, handlers.forward);
  for (const [signal, listener] of listeners) process.on(signal, listener);
  for (const signal of takeHeldSignals()) listeners.get(signal)?.(signal);
  return {
    dispose: () => {
      for (const [signal, listener] of listeners) process.off(signal, listener);
    },
  };
}

/**
 * How a process ended, as the one number that shells, Docker and systemd pass on.
 * @returns the exit code, or 128 + the signal's number (https://tldp.org/LDP/abs/html/exitcodes.html)
 */
export function exitCodeOf(exit: { readonly code: number } | { readonly signal: NodeJS.Signals }): number {
  return "code" in exit ? exit.code : 128 + constants.signals[exit.signal];
}
