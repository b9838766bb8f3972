import { setTimeout as sleep } from "node:timers/promises";
import { redact } from "../config/index.ts";
import type { Listener } from "../events/index.ts";
import { type Fetch, sendRequest } from "../fetch/index.ts";

/** A request, and what stands for its address where that may be read. */
export interface Outgoing {
  readonly name: string;
  readonly url: string;
  readonly request: RequestInit;
}

/** Messages on their way to one place: one after the other, in the background. A failed one is lost. */
export interface Outbox {
  readonly send: (outgoing: Outgoing) => void;
  /** Waits until all messages are sent, or given up on, but not longer than `limit` milliseconds. */
  readonly drain: (limit: number) => Promise<void>;
}

/**
 * @param to what a failure names: "ntfy", or the setting that holds a secret address
 * @param report gets an event when messages fail, once until one succeeds
 */
export function createOutbox(to: string, secrets: readonly string[], report: Listener, fetch: Fetch): Outbox {
  let works = true;
  let queue = Promise.resolve();

  async function sendOne({ name, url, request }: Outgoing): Promise<void> {
    const problem = await sendRequest(fetch, name, url, request);
    if (problem !== undefined && works)
      report({ type: "notification-failed", to, reason: redact(problem, secrets) });
    works = problem === undefined;
  }

  return {
    send: (outgoing) => {
      queue = queue.then(() => sendOne(outgoing));
    },
    drain: (limit) => {
      const tooLate = new AbortController();
      const late = sleep(limit, undefined, { signal: tooLate.signal }).catch(() => {});
      return Promise.race([queue, late]).finally(() => tooLate.abort());
    },
  };
}
