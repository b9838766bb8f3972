// The process of its own in which a bash snapshot is read: run.ts starts it. Standard input: the bytes. Standard
// output: the snapshot in our format, or with exit code NOT_READ a problem as JSON.
import { buffer } from "node:stream/consumers";
import { encodeSnapshot } from "../snapshot/index.ts";
import { convert } from "./convert.ts";
import { NOT_READ, parseTask } from "./task.ts";

const task = parseTask(process.argv[2] ?? "");
const converted = convert(await buffer(process.stdin), task);
if (converted.ok) for (const chunk of encodeSnapshot(converted.value)) process.stdout.write(chunk);
else {
  process.stdout.write(JSON.stringify(converted.problem));
  process.exitCode = NOT_READ;
}
