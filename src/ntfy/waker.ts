import type { Config } from "../config/index.ts";
import type { Listener } from "../events/index.ts";
import { createFetch } from "../fetch/index.ts";
import { subscribeToTopic } from "./subscription.ts";
import { SUBSCRIPTION_TIMEOUTS } from "./timeouts.ts";

export interface Waker {
  /** Follows the role at work: only a replica has something to wait for. */
  readonly listener: Listener;
  /**
   * Subscribes in the background, whenever this instance is a replica, until the signal aborts.
   * @param wake is called when a publish was announced, never twice within 5 s. `isAlone`: as far as is known no other
   *   replica hears it: of all that have told of an apply so far, this one is the only one
   */
  start(wake: (isAlone: boolean) => void, emit: Listener, signal: AbortSignal): void;
}

/** Wakes a replica when the primary announces a publish through ntfy; where that is not wanted, does nothing. */
export function createWaker(
  {
    wake: ntfy,
    role: firstRole,
    proxy,
    instanceName,
  }: Pick<Config, "wake" | "role" | "proxy" | "instanceName">,
  timeouts = SUBSCRIPTION_TIMEOUTS,
): Waker {
  if (ntfy === undefined) return { listener: () => {}, start: () => {} };
  const fetch = createFetch(proxy);
  let role = firstRole;
  /** Who has told of an apply: this one, and another replica, if there is one. */
  const appliers = new Set<string>();
  let followRole: () => void = () => {};

  return {
    listener: (event) => {
      if (event.type !== "role-changed") return;
      role = event.role;
      followRole();
    },
    start: (wake, emit, signal) => {
      /** Ends the present subscription; undefined: there is none. */
      let subscribed: AbortController | undefined;
      const onPublish = throttle(timeouts.betweenWakes, () => {
        if (role !== "replica" || signal.aborted) return;
        emit({ type: "woken" });
        wake(appliers.size === 1 && appliers.has(instanceName));
      });
      followRole = () => {
        if ((role === "replica") === (subscribed !== undefined)) return;
        subscribed?.abort();
        subscribed = role === "replica" ? new AbortController() : undefined;
        if (subscribed === undefined) return;
        void subscribeToTopic(
          { ntfy, timeouts, fetch },
          {
            publish: onPublish,
            apply: (name) => {
              // More than two tell no more.
              if (appliers.size < 2) appliers.add(name);
            },
          },
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
