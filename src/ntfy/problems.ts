import { errorMessage } from "../format.ts";
import type { Problem } from "../result.ts";

/** Why there is no stream of messages. */
export type SubscriptionProblem = Problem<
  "wake-refused" | "wake-unreachable" | "wake-no-stream" | "wake-silent"
>;

// The topic is never named: on a public server its name is all that protects it.

const CHECK = "Check NTFY_URL: it must name an ntfy server and a topic.";
const NO_ACCESS = {
  why: "this instance may not read the topic",
  advice: "Let NTFY_TOKEN, or the user in NTFY_URL, read it as well as write to it.",
};
/** What ntfy's own refusals mean: server/errors.go. */
const REFUSALS: Readonly<Record<number, { readonly why: string; readonly advice: string }>> = {
  401: NO_ACCESS,
  403: NO_ACCESS,
  429: {
    why: "too many requests or open connections from this address",
    advice: "Use an account with higher limits, or an ntfy server of your own.",
  },
};

/** The server's answer is no stream. */
export function refused(server: string, status: number): SubscriptionProblem {
  const { why, advice } = REFUSALS[status] ?? { why: "that is no stream of messages", advice: CHECK };
  return { code: "wake-refused", message: `${server} answered ${status}: ${why}.`, advice };
}

export function unreachable(server: string, error: unknown): SubscriptionProblem {
  return {
    code: "wake-unreachable",
    message: `${server} cannot be reached (${errorMessage(error)}).`,
    advice: "Check the network of the container, and NTFY_URL.",
  };
}

/** It sent something else. */
export function noStream(server: string): SubscriptionProblem {
  return {
    code: "wake-no-stream",
    message: `${server} does not answer as an ntfy server does.`,
    advice: CHECK,
  };
}

/** @param limit how long it was waited for, milliseconds */
export function silent(server: string, limit: number): SubscriptionProblem {
  return {
    code: "wake-silent",
    message: `${server} sent nothing within ${limit / 1_000} s.`,
    advice: "Check NTFY_URL; a proxy before the ntfy server must pass its stream on unbuffered.",
  };
}
