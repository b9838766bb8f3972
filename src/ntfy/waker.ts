import type { Config } from "../config/index.ts";
import type { Listener } from "../events/index.ts";
import { createFetch } from "../fetch/index.ts";
import { type Heard, subscribeToTopic } from "./subscription.ts";
import { SUBSCRIPTION_TIMEOUTS } from "./timeouts.ts";

export interface Waker {
  /** Follows the role at work: only a replica has something to wait for. */
  readonly listener: Listener;
  /**
   * Subscribes in the background, whenever this instance is a replica, until the signal aborts.
   * @param heard.publish is called when a publish was announced, never twice within 5 s
   * @param heard.apply is called with the name of each instance that tells of an apply
   */
  start(heard: Heard, emit: Listener, signal: AbortSignal): void;
}

/** Wakes a replica when the primary announces a publish through ntfy; where that is not wanted, does nothing. */
export function createWaker(
  { wake: ntfy, role: firstRole, proxy }: Pick<Config, "wake" | "role" | "proxy">,
  timeouts = SUBSCRIPTION_TIMEOUTS,
): Waker {
  if (ntfy === undefined) return { listener: () => {}, start: () => {} };
  const fetch = createFetch(proxy);
  let role = firstRole;
  let followRole: () => void = () => {};

  return {
    listener: (event) => {
      if (event.type !== "role-changed") return;
      role = event.role;
      followRole();
    },
    start: (heard, emit, signal) => {
      /** Ends the present subscription; undefined: there is none. */
      let subscribed: AbortController | undefined;
      const onPublish = throttle(timeouts.betweenWakes, () => {
        if (role !== "replica" || signal.aborted) return;
        emit({ type: "woken" });
        heard.publish();
      });
      followRole = () => {
        if ((role === "replica") === (subscribed !== undefined)) return;
        subscribed?.abort();
        subscribed = role === "replica" ? new AbortController() : undefined;
        if (subscribed === undefined) return;
        void subscribeToTopic(
          { ntfy, timeouts, fetch },
          { ...heard, publish: onPublish },
          emit,
          AbortSignal.any([signal, subscribed.signal]),
        );
      };
      followRole();
    },
  };
}

/**
 * Passes calls on: the first at once, and all that come within `apart` milliseconds of the one passed on last as one,
 * when that time is over.
 */
export function throttle(apart: number, call: () => void): () => void {
  let lastAt = Number.NEGATIVE_INFINITY;
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    const pass = () => {
      waiting = false;
      lastAt = performance.now();
      call();
    };
    // Not a reason to stay alive: at the end there is nobody left to wake.
    setTimeout(pass, Math.max(0, lastAt + apart - performance.now())).unref();
  };
}
