import { setTimeout as sleep } from "node:timers/promises";
import type { Listener } from "../events/index.ts";
import { readStream, type Subscription } from "./stream.ts";
import { announcesPublish, appliedBy, resumeCursor } from "./topic-message.ts";

/** What is done with what is heard on a topic. */
export interface Heard {
  publish(): void;
  apply(instanceName: string): void;
}

/**
 * Subscribes to a topic until the signal aborts, and then ends at once. A stream that ends is opened again after a
 * pause, from where the last one was, so that the server sends what was missed.
 * @param heard.publish is called for each message of a publish, and once after a time without a stream: a primary that
 *   could not reach the server either does not send its message again
 * @param heard.apply is called with the name of each instance that tells of an apply
 * @param emit gets an event when it works, and one when it does not, until it works again
 */
export async function subscribeToTopic(
  subscription: Subscription,
  heard: Heard,
  emit: Listener,
  signal: AbortSignal,
): Promise<void> {
  const { timeouts } = subscription;
  let works: boolean | undefined;
  let since: string | undefined;
  let pause = timeouts.shortestPause;
  while (!signal.aborted) {
    const startedAt = performance.now();
    const problem = await readStream(
      subscription,
      since,
      (message) => {
        // What was missed comes after the stream's first line: until then it is still to be asked for.
        if (message.event !== "open" || since === undefined) since = resumeCursor(message);
        if (announcesPublish(message) || works === false) heard.publish();
        const applier = appliedBy(message);
        if (applier !== undefined) heard.apply(applier);
        if (works !== true) emit({ type: "wake-ready" });
        works = true;
      },
      signal,
    );
    if (signal.aborted) return;
    if (problem !== undefined) {
      if (works !== false) emit({ type: "wake-failed", problem });
      works = false;
    } else if (performance.now() - startedAt >= timeouts.stable) pause = timeouts.shortestPause;
    await sleep(pause, undefined, { signal }).catch(() => undefined);
    pause = Math.min(pause * 2, timeouts.longestPause);
  }
}
