import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { io, type Socket } from "socket.io-client";
import type * as z from "zod";
import { LabError } from "../install/lab-error.ts";
import { PATIENCE } from "../wait.ts";
import { answers } from "./kuma-shapes.ts";

/** A call that Kuma does not answer in this time failed, milliseconds. */
const ANSWER_WITHIN = PATIENCE;

export type Call = <T extends z.ZodType>(
  answer: T,
  event: string,
  ...args: readonly unknown[]
) => Promise<z.output<T>>;

/**
 * Opens Kuma's socket API at `url` (http://host:port) and gives it together with `call`, which checks the answer's
 * shape and throws a LabError with Kuma's own words when Kuma says no. `signal` ends the wait for the connection, not
 * the connection.
 */
export async function openSocket(url: string, signal: AbortSignal): Promise<{ socket: Socket; call: Call }> {
  const socket = io(url, { transports: ["websocket"], reconnection: false, forceNew: true });
  const refused = new Promise<never>((_, reject) => socket.once("connect_error", reject));
  try {
    await Promise.race([once(socket as never, "connect", { signal }), refused]);
  } catch (error) {
    socket.close();
    throw error;
  }
  return { socket, call: (answer, event, ...args) => call(socket, answer, event, args) };
}

async function call<T extends z.ZodType>(
  socket: Socket,
  shape: T,
  event: string,
  args: readonly unknown[],
): Promise<z.output<T>> {
  const answer: unknown = await socket.timeout(ANSWER_WITHIN).emitWithAck(event, ...args);
  if (typeof answer === "object" && answer !== null && "ok" in answer && answer.ok === false)
    throw new LabError(`Uptime Kuma refused ${event}: ${"msg" in answer ? answer.msg : "without a reason"}`);
  return shape.parse(answer);
}

/**
 * Whether Kuma still has no account. Kuma adds its handlers only some time after the connection stands, and what comes
 * earlier is lost without an answer: so the first question is asked until it is answered.
 */
export async function askNeedsSetup(socket: Socket, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    signal.throwIfAborted();
    const asked = socket.timeout(500).emitWithAck("needSetup");
    const answer: unknown = await asked.catch(() => sleep(50));
    if (answer !== undefined) return answers.needSetup.parse(answer);
  }
}
