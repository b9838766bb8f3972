import type { Config } from "../config/index.ts";
import type { ReplicatorEvent } from "../events/index.ts";

/** How Kuma is. Times are milliseconds since 1970. */
export interface ObservedKuma {
  readonly state: "starting" | "setup" | "ready" | "stopping" | "stopped" | "crashed";
  readonly since: number;
  /** Why Kuma may be silent, and until when that is no reason to worry. */
  readonly pause: { readonly for: "apply" | "roll-back" | "migration"; readonly until: number } | undefined;
  /** How long it may be silent while its database is changed, milliseconds. */
  readonly changeLimit: number;
}

/**
 * Opening the database, changing it and committing, milliseconds. It takes under a second; a slow disk may need more.
 */
const COMMIT_LIMIT = 60_000;
/** A migration is reported every minute while it goes on: one that is not reported twice is over. Milliseconds. */
const MIGRATION_LIMIT = 2 * 60_000;

/** @param limits how long Kuma may take to stop and to start, milliseconds */
export function newKuma(
  limits: Pick<Config["kuma"]["limits"], "stopGrace" | "startLimit">,
  now: number,
): ObservedKuma {
  const changeLimit = limits.stopGrace + COMMIT_LIMIT + limits.startLimit;
  return { state: "stopped", since: now, pause: undefined, changeLimit };
}

/** Kuma after an event, or the same one when the event says nothing of it. */
export function nextKuma(kuma: ObservedKuma, event: ReplicatorEvent, now: number): ObservedKuma {
  const enter = (state: ObservedKuma["state"], pause?: ObservedKuma["pause"]): ObservedKuma => ({
    ...kuma,
    state,
    since: now,
    pause,
  });
  switch (event.type) {
    case "kuma-starting":
      return enter("starting", kuma.pause);
    case "kuma-ready":
      return enter("ready");
    case "kuma-waiting-for-setup":
      return enter("setup");
    case "kuma-migrating":
      return { ...kuma, pause: { for: "migration", until: now + MIGRATION_LIMIT } };
    case "kuma-stopping":
      return enter(
        "stopping",
        event.reason === "shutdown" ? undefined : { for: event.reason, until: now + kuma.changeLimit },
      );
    case "kuma-stopped":
      return enter("stopped", kuma.pause);
    case "kuma-crashed":
    case "kuma-start-failed":
      return enter("crashed");
    default:
      return kuma;
  }
}
