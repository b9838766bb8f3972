import type { Problem } from "../result.ts";

/** What happens to Uptime Kuma, as its supervisor sees it. */
export type KumaEvent =
  | KumaStarting
  | KumaReady
  | KumaWaitingForSetup
  | KumaMigrating
  | KumaStopping
  | KumaStopped
  | KumaKilled
  | KumaCrashed
  | KumaStartFailed;

/** How a process ended. */
export type Exit = { readonly code: number } | { readonly signal: NodeJS.Signals };

/** Its process is there; it does not answer yet. */
interface KumaStarting {
  readonly type: "kuma-starting";
  readonly pid: number;
}

/** It answers. */
interface KumaReady {
  readonly type: "kuma-ready";
  readonly afterMs: number;
}

/** A new Kuma 2 waits for a person to choose its database. */
interface KumaWaitingForSetup {
  readonly type: "kuma-waiting-for-setup";
}

/** Comes every minute while it migrates its database. */
interface KumaMigrating {
  readonly type: "kuma-migrating";
  readonly forMs: number;
}

/** Why Kuma is stopped. */
export type StopReason = "apply" | "shutdown" | "roll-back";

/** It is asked to end. */
interface KumaStopping {
  readonly type: "kuma-stopping";
  readonly reason: StopReason;
}

/** It has ended, as it was asked to, or while an apply was verified. */
interface KumaStopped {
  readonly type: "kuma-stopped";
  readonly exit: Exit;
  readonly afterMs: number;
}

/** It is ended by SIGKILL. */
interface KumaKilled {
  readonly type: "kuma-killed";
  /** What follows "because". */
  readonly reason: string;
}

/** It ended by itself. */
interface KumaCrashed {
  readonly type: "kuma-crashed";
  readonly exit: Exit;
  /** How many times in a row. */
  readonly crashes: number;
  /** Undefined: the limit is reached, the supervisor ends. */
  readonly restartInMs: number | undefined;
}

/** There is no process of it. */
interface KumaStartFailed {
  readonly type: "kuma-start-failed";
  readonly problem: Problem;
  /** Until the next try; undefined: there is none. */
  readonly restartInMs: number | undefined;
}
