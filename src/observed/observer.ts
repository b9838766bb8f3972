import { clockShift, steadyNow } from "../clock.ts";
import type { Listener, ReplicatorEvent } from "../events/index.ts";
import { shiftTimes } from "./shift-times.ts";
import { initialState, nextState, type ObservedState } from "./state.ts";

export interface Observer {
  /** Comes before the listeners that read what is observed. */
  readonly listener: Listener;
  /** What is known now, its times as the machine's clock, set as it is now, shows them. */
  current(): ObservedState;
  /** The same with times by the steady clock. */
  onSteadyClock(): ObservedState;
}

/**
 * Folds the events of this process into what is known of it: by the steady clock, so that every length of time in it
 * stays what it is when the machine's clock is set.
 */
export function createObserver(config: Parameters<typeof initialState>[0]): Observer {
  let state = initialState(config, steadyNow());
  return {
    listener: (event) => {
      state = nextState(state, toSteadyClock(event), steadyNow());
    },
    current: () => shiftTimes(state, clockShift()),
    onSteadyClock: () => state,
  };
}

/** The one event that carries a time, from the repository. */
function toSteadyClock(event: ReplicatorEvent): ReplicatorEvent {
  if (event.type !== "repository-checked") return event;
  return { ...event, latest: { ...event.latest, time: event.latest.time - clockShift() } };
}
