import * as z from "zod";
import { parseJson } from "../parse.ts";

/** What the process that reads is told, as its one argument; nothing of it is secret. */
const shape = z.object({
  /** All files of a snapshot as `restic dump` gives them, or the dump of the version for 1.23 alone. */
  form: z.enum(["archive", "dump"]),
  /** Where it comes from: nobody has written that into it. */
  instanceName: z.string(),
  /** ISO 8601, UTC. */
  createdAt: z.iso.datetime(),
});

export type ReadTask = z.infer<typeof shape>;

/** Throws for what is not a task: only run.ts gives one. */
export function parseTask(argument: string): ReadTask {
  return shape.parse(parseJson(argument));
}

/** The exit code that goes with a problem on standard output. */
export const NOT_READ = 3;
