import { closeSync, openSync, readSync, statSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import type { ReplicatorEvent } from "../../src/events/index.ts";

/** The log of one run of an instance, which is read on where it was left: tests look at it all the time. */
export interface LogFile {
  /** All of it so far. */
  text(): string;
  /** What was reported in it so far, oldest first. */
  events(): ReplicatorEvent[];
}

/** @param file is there; what a run before has written to it is left out */
export function followLogFile(file: string): LogFile {
  let position = statSync(file).size;
  let text = "";
  let unfinished = "";
  const events: ReplicatorEvent[] = [];
  const decoder = new StringDecoder("utf8");

  function readOn(): void {
    const size = statSync(file).size;
    if (size === position) return;
    const bytes = Buffer.alloc(size - position);
    const descriptor = openSync(file, "r");
    try {
      readSync(descriptor, bytes, { position });
    } finally {
      closeSync(descriptor);
    }
    position = size;
    const added = decoder.write(bytes);
    text += added;
    const lines = (unfinished + added).split("\n");
    unfinished = lines.pop() ?? "";
    events.push(...lines.flatMap(parseEvent));
  }
  return {
    text: () => {
      readOn();
      return text;
    },
    events: () => {
      readOn();
      return [...events];
    },
  };
}

function parseEvent(line: string): ReplicatorEvent[] {
  if (!line.startsWith('{"level"')) return [];
  try {
    return [JSON.parse(line).event];
  } catch {
    return []; // Cut off by a kill.
  }
}
