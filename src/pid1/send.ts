/** Sends a signal to a process that may be gone by now; never throws. */
export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone by itself (ESRCH), or another user's (EPERM), for which there is nothing that we could do.
  }
}
