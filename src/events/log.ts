import { type DestinationStream, destination, pino, stdTimeFunctions } from "pino";
import { type Config, redact, redactDeep } from "../config/index.ts";
import { describeEvent } from "./describe.ts";
import { formatLikeKuma } from "./kuma-format.ts";
import type { Listener } from "./types.ts";

/**
 * Writes every event to standard output, one line each: text like Kuma's own log lines, or pino's JSON with the whole
 * event in it. No secret gets through, in either form.
 * @param secrets longest first, as the configuration holds them
 * @param output in place of standard output
 */
export function createLogListener(
  { level, format }: Config["log"],
  secrets: readonly string[],
  output: DestinationStream = standardOutput(),
): Listener {
  const isText = format === "text";
  const logger = pino(
    {
      level,
      base: null,
      timestamp: isText ? stdTimeFunctions.epochTime : stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    isText ? likeKuma(output) : output,
  );
  return (event) => {
    const { level, message } = describeEvent(event);
    logger[level]({ event: redactDeep(event, secrets) }, redact(message, secrets));
  };
}

/** Turns pino's JSON lines into lines like Kuma's. */
function likeKuma(output: DestinationStream): DestinationStream {
  return {
    write(line) {
      const { time, level, msg }: { time: number; level: string; msg: string } = JSON.parse(line);
      output.write(formatLikeKuma(time, level, msg));
    },
  };
}

/** Standard output, written at once so that the last line before an exit is not lost. */
function standardOutput(): DestinationStream {
  const output = destination({ dest: 1, sync: true });
  // pino itself goes quiet on a closed pipe. A full disk or a terminal that went away must not end Kuma either.
  output.on("error", () => {});
  return output;
}
