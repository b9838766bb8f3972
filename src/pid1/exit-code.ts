import { constants } from "node:os";

/**
 * How a process ended, as the one number that shells, Docker and systemd pass on.
 * @returns the exit code, or 128 + the signal's number (https://tldp.org/LDP/abs/html/exitcodes.html)
 */
export function exitCodeOf(exit: { readonly code: number } | { readonly signal: NodeJS.Signals }): number {
  return "code" in exit ? exit.code : 128 + constants.signals[exit.signal];
}
