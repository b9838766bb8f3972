import type { Listener } from "./types.ts";

/** One listener that passes each event on to all, in their order. */
export function combineListeners(listeners: readonly Listener[]): Listener {
  return (event) => {
    for (const listener of listeners) listener(event);
  };
}
