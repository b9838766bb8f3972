import { setTimeout as sleep } from "node:timers/promises";
import type { Listener } from "../events/index.ts";
import { announcesPublish, resumeCursor } from "./incoming.ts";
import { type Listening, readStream } from "./stream.ts";

/**
 * Listens to a topic until the signal aborts, and then ends at once. A stream that ends is opened again after a pause,
 * from where the last one was, so that the server tells what was missed.
 * @param onPublish is called for each notice of a publish, and once after a time without a stream: a primary that could
 *   not reach the server either does not send its notice again
 * @param emit is told that it works, and once that it does not, until it works again
 */
export async function subscribeToTopic(
  listening: Listening,
  onPublish: () => void,
  emit: Listener,
  signal: AbortSignal,
): Promise<void> {
  const { times } = listening;
  let works: boolean | undefined;
  let since: string | undefined;
  let pause = times.shortestPause;
  while (!signal.aborted) {
    const startedAt = performance.now();
    const problem = await readStream(
      listening,
      since,
      (message) => {
        // What was missed comes after the stream's first line: until then it is still to be asked for.
        if (message.event !== "open" || since === undefined) since = resumeCursor(message);
        if (announcesPublish(message) || works === false) onPublish();
        if (works !== true) emit({ type: "wake-ready" });
        works = true;
      },
      signal,
    );
    if (signal.aborted) return;
    if (problem !== undefined) {
      if (works !== false) emit({ type: "wake-failed", problem });
      works = false;
    } else if (performance.now() - startedAt >= times.steady) pause = times.shortestPause;
    await sleep(pause, undefined, { signal }).catch(() => undefined);
    pause = Math.min(pause * 2, times.longestPause);
  }
}
