import { readFileSync } from "node:fs";
import { isDump, readBashSnapshot } from "../bash-snapshots/index.ts";
import type { Config } from "../config/index.ts";
import { aboutFile, fromFile } from "../export/index.ts";
import { errorMessage } from "../format.ts";
import { failure, type Result, success } from "../result.ts";
import { decodeSnapshot, encodeSnapshot, type Snapshot } from "../snapshot/index.ts";
import { ALL_EXIT_CODES, type JsonOption, jsonOption, newCommand, withConfig } from "./command.ts";
import { finishWithout, runOnInstance } from "./operations.ts";
import { NO_DIFFERENCES, preview } from "./preview.ts";
import { openSources } from "./sources.ts";

export function importCommand() {
  return newCommand("import", "Make the configuration equal to an exported file.", [
    "Makes the configuration equal to an exported file (jsonl or json), or to the backup.sql of a bash version of Replicator Kuma. It shows what would change and asks; then the running instance stops Uptime Kuma, changes the rows that differ and starts it again. The result is published, so the replicas follow. `rollback` undoes it.",
    "Only on the primary. FILE is read inside the container; - is standard input. Whatever a terminal added to the file on its way is removed first.",
    ALL_EXIT_CODES,
    {
      title: "Examples",
      commands: [
        "docker exec -i kuma replicator-kuma import - --yes < kuma.jsonl",
        "docker exec -it kuma replicator-kuma import /app/data/kuma.json",
        "docker exec -i kuma replicator-kuma import - --yes < backup.sql",
      ],
    },
  ])
    .argument("<FILE>", "what export wrote, or - for standard input")
    .option("-y, --yes", "do not ask")
    .addOption(jsonOption())
    .action((file: string, { yes = false, json }: { yes?: boolean } & JsonOption) =>
      withConfig({ json }, async (config) => {
        const done = await importFile(config, file, { yes, json });
        return done.ok ? done : failure(aboutFile(done.problem));
      }),
    );
}

async function importFile(
  config: Config,
  file: string,
  { yes, json }: { yes: boolean } & JsonOption,
): Promise<Result<number>> {
  const read = await readSnapshot(file);
  if (!read.ok) return read;
  const goOn = await preview(config, openSources(config), read.value, yes);
  if (!goOn.ok) return goOn;
  if (!goOn.value) return finishWithout(NO_DIFFERENCES, { json });
  const encoded = Buffer.concat([...encodeSnapshot(read.value)]).toString("utf8");
  return runOnInstance(config, { do: "import", snapshot: encoded }, { json });
}

async function readSnapshot(file: string): Promise<Result<Snapshot>> {
  const bytes = readFile(file);
  if (!bytes.ok) return bytes;
  if (!isDump(bytes.value)) return fromFile(bytes.value);
  const task = { form: "dump", instanceName: file, createdAt: new Date().toISOString() } as const;
  // A command ends with Ctrl-C.
  const read = await readBashSnapshot(bytes.value, task, new AbortController().signal);
  return read.ok ? decodeSnapshot(read.value) : read;
}

function readFile(file: string): Result<Uint8Array> {
  try {
    return success(readFileSync(file === "-" ? 0 : file));
  } catch (error) {
    return failure({
      code: "file-unreadable",
      message: `${file} cannot be read (${errorMessage(error)}).`,
      advice: "Name a file inside the container, or use - and docker exec -i.",
    });
  }
}
