import type { NtfyConfig } from "../config/index.ts";
import type { Fetch } from "../fetch/index.ts";
import { noStream, refused, type SubscriptionProblem, silent, unreachable } from "./problems.ts";
import type { SubscriptionTimeouts } from "./timeouts.ts";
import { parseMessage, type TopicMessage } from "./topic-message.ts";

/** Characters. ntfy takes messages of 4096 bytes, and JSON makes at most six of one. */
const LONGEST_LINE = 64 * 1024;

/** Which topic is subscribed to, and how. */
export interface Subscription {
  readonly ntfy: NtfyConfig;
  readonly timeouts: SubscriptionTimeouts;
  readonly fetch: Fetch;
}

/**
 * Reads one stream of a topic's messages (`GET <server>/<topic>/json`, https://docs.ntfy.sh/subscribe/api/) for as
 * long as it lives. What is not of ntfy's form is passed over.
 * @param since what the last stream had come to; undefined: only what is new
 * @param onMessage is called with each line, keepalives among them
 * @returns why there was no stream; undefined when there was one: that it ends is nothing to worry about
 */
export async function readStream(
  { ntfy, timeouts, fetch }: Subscription,
  since: string | undefined,
  onMessage: (message: TopicMessage) => void,
  signal: AbortSignal,
): Promise<SubscriptionProblem | undefined> {
  const { server, topic, authorization, headers } = ntfy;
  const dead = new AbortController();
  const watch = (limit: number) => setTimeout(() => dead.abort(), limit);
  let isOpen = false;
  let timer = watch(timeouts.firstLine);
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
      timer = watch(timeouts.silence);
      onMessage(message);
    }
    return isOpen ? undefined : noStream(server);
  } catch (error) {
    if (isOpen) return undefined;
    return dead.signal.aborted ? silent(server, timeouts.firstLine) : unreachable(server, error);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The whole lines of a stream of UTF-8, without their newlines. A line of more than `longest` characters is left out,
 * and never held in memory; what comes after the last newline is no line.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  longest: number,
): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = "";
  let isTail = false;
  for await (const chunk of chunks) {
    const lines = `${rest}${decoder.decode(chunk, { stream: true })}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (!isTail && line.length <= longest) yield line;
      isTail = false;
    }
    if (rest.length <= longest) continue;
    rest = "";
    isTail = true;
  }
}
