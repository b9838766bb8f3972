import { closeSync, openSync, readSync, statSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import type { ReplicatorEvent } from "../../src/events/index.ts";

/** The log of one run of an instance, which is read on where it was left: tests look at it all the time. */
export interface LogFile {
  /** All of it so far. */
  text(): string;
  /** What was reported in it so far, oldest first. */
  entries(): LogEntry[];
}

export interface LogEntry {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly event: ReplicatorEvent;
}

/** @param file is there; what a run before has written to it is left out */
export function followLogFile(file: string): LogFile {
  let position = statSync(file).size;
  let text = "";
  let unfinished = "";
  const entries: LogEntry[] = [];
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
    entries.push(...lines.flatMap(parseEntry));
  }
  return {
    text: () => {
      readOn();
      return text;
    },
    entries: () => {
      readOn();
      return [...entries];
    },
  };
}

function parseEntry(line: string): LogEntry[] {
  if (!line.startsWith('{"level"')) return [];
  try {
    const { time, event } = JSON.parse(line);
    return [{ at: Date.parse(time), event }];
  } catch {
    return []; // Cut off by a kill.
  }
}
