import type { NtfyConfig } from "../config/index.ts";
import type { Fetch } from "../fetch/index.ts";
import type { Problem } from "../result.ts";
import { parseMessage, type TopicMessage } from "./incoming.ts";
import { readLines } from "./lines.ts";
import { noStream, refused, silent, unreachable } from "./problems.ts";
import type { WakeTimes } from "./times.ts";

/** Characters. ntfy takes messages of 4096 bytes, and JSON makes at most six of one. */
const LONGEST_LINE = 64 * 1024;

/** Which topic is listened to, and how. */
export interface Listening {
  readonly ntfy: NtfyConfig;
  readonly times: WakeTimes;
  readonly fetch: Fetch;
}

/**
 * Holds one stream of a topic's messages (`GET <server>/<topic>/json`, https://docs.ntfy.sh/subscribe/api/) for as
 * long as it lives. What is not of ntfy's form is passed over.
 * @param since what the last stream had come to; undefined: only what is new
 * @param onMessage is told of each line, keepalives among them
 * @returns why there was no stream; undefined when there was one: that it ends is nothing to worry about
 */
export async function readStream(
  { ntfy, times, fetch }: Listening,
  since: string | undefined,
  onMessage: (message: TopicMessage) => void,
  signal: AbortSignal,
): Promise<Problem | undefined> {
  const { server, topic, authorization, headers } = ntfy;
  const dead = new AbortController();
  const watch = (limit: number) => setTimeout(() => dead.abort(), limit);
  let isOpen = false;
  let timer = watch(times.open);
  try {
    const response = await fetch(`${server}/${topic}/json${since === undefined ? "" : `?since=${since}`}`, {
      headers: { ...headers, ...(authorization && { Authorization: authorization }) },
      signal: AbortSignal.any([signal, dead.signal]),
    });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      return refused(server, response.status);
    }
    for await (const line of readLines(response.body, LONGEST_LINE)) {
      const message = parseMessage(line);
      if (message === undefined) continue;
      isOpen = true;
      clearTimeout(timer);
      timer = watch(times.silence);
      onMessage(message);
    }
    return isOpen ? undefined : noStream(server);
  } catch (error) {
    if (isOpen) return undefined;
    return dead.signal.aborted ? silent(server, times.open) : unreachable(server, error);
  } finally {
    clearTimeout(timer);
  }
}
