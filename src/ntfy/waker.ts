import type { Config } from "../config/index.ts";
import type { Listener } from "../events/index.ts";
import { createFetch } from "../fetch/index.ts";
import { subscribeToTopic } from "./subscribe.ts";
import { throttle } from "./throttle.ts";
import { WAKE_TIMES } from "./times.ts";

export interface Waker {
  /** Learns the role at work: only a replica has something to wait for. */
  readonly listener: Listener;
  /**
   * Listens in the background, whenever this instance is a replica, until the signal aborts.
   * @param wake is called when a publish was heard of, never twice within 5 s
   */
  start(wake: () => void, emit: Listener, signal: AbortSignal): void;
}

/** Wakes a replica when the primary tells of a publish through ntfy; where that is not wanted, nothing at all. */
export function createWaker(
  { wake: ntfy, role: firstRole, proxy }: Pick<Config, "wake" | "role" | "proxy">,
  times = WAKE_TIMES,
): Waker {
  if (ntfy === undefined) return { listener: () => {}, start: () => {} };
  const fetch = createFetch(proxy);
  let role = firstRole;
  let follow: () => void = () => {};

  return {
    listener: (event) => {
      if (event.type !== "role-changed") return;
      role = event.role;
      follow();
    },
    start: (wake, emit, signal) => {
      /** Ends the present listening; undefined: there is none. */
      let listening: AbortController | undefined;
      const onPublish = throttle(times.apart, () => {
        if (role !== "replica" || signal.aborted) return;
        emit({ type: "woken" });
        wake();
      });
      follow = () => {
        if ((role === "replica") === (listening !== undefined)) return;
        listening?.abort();
        listening = role === "replica" ? new AbortController() : undefined;
        if (listening === undefined) return;
        void subscribeToTopic(
          { ntfy, times, fetch },
          onPublish,
          emit,
          AbortSignal.any([signal, listening.signal]),
        );
      };
      follow();
    },
  };
}
