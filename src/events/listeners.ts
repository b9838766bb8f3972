import type { Listener } from "./types.ts";

/** One listener that passes each event on to all, in their order. */
export function combineListeners(listeners: readonly Listener[]): Listener {
  return (event) => {
    for (const listener of listeners) listener(event);
  };
}

/** Listeners that come and go. */
export interface TemporaryListeners {
  readonly listener: Listener;
  /** Passes each event on to `listener` while `work` lasts. */
  during<T>(listener: Listener, work: () => Promise<T>): Promise<T>;
}

export function createTemporaryListeners(): TemporaryListeners {
  const present = new Set<Listener>();
  return {
    listener: (event) => {
      for (const listener of present) listener(event);
    },
    during: async (listener, work) => {
      present.add(listener);
      try {
        return await work();
      } finally {
        present.delete(listener);
      }
    },
  };
}
