import { steadyNow, toWallClock } from "../clock.ts";
import type { Listener, ReplicatorEvent } from "../events/index.ts";
import type { Problem } from "../result.ts";
import { describeChanges } from "../snapshot/index.ts";

/** What was told since the start, as far as a status shows it. */
export interface Journal {
  readonly listener: Listener;
  /** What publishes and applies changed, by snapshot. */
  readonly changes: ReadonlyMap<string, string>;
  /** The failure that goes on; times in milliseconds since 1970. */
  readonly failing: { readonly problem: Problem; readonly since: number; readonly times: number } | undefined;
  /** Passes each event on while `work` lasts. */
  during<T>(listener: Listener, work: () => Promise<T>): Promise<T>;
}

/** Of long-running instances only the last few are of interest. */
const REMEMBERED = 20;

export function createJournal(): Journal {
  const watchers = new Set<Listener>();
  const changes = new Map<string, string>();
  /** Its time is by the steady clock. */
  let failing: Journal["failing"];

  function note(event: ReplicatorEvent): void {
    switch (event.type) {
      case "published":
      case "applied":
        changes.delete(event.snapshot.id);
        changes.set(event.snapshot.id, event.changes ? describeChanges(event.changes) : "everything");
        for (const oldest of changes.keys()) if (changes.size > REMEMBERED) changes.delete(oldest);
        return;
      case "cycle-failed":
        failing = {
          problem: event.problem,
          since: event.repeated === 0 ? steadyNow() : (failing?.since ?? steadyNow()),
          times: event.repeated + 1,
        };
        return;
      case "cycle-recovered":
        failing = undefined;
        return;
      default:
        return;
    }
  }

  return {
    listener: (event) => {
      note(event);
      for (const watcher of watchers) watcher(event);
    },
    changes,
    get failing() {
      return failing && { ...failing, since: toWallClock(failing.since) };
    },
    during: async (listener, work) => {
      watchers.add(listener);
      try {
        return await work();
      } finally {
        watchers.delete(listener);
      }
    },
  };
}
