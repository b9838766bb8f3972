import { readFileSync } from "node:fs";
import type { Config } from "../config/index.ts";
import { aboutFile, fromFile } from "../export/index.ts";
import { errorMessage } from "../format.ts";
import { failure, type Result } from "../result.ts";
import { encodeSnapshot, type Snapshot } from "../snapshot/index.ts";
import { ALL_EXIT_CODES, type JsonOption, jsonOption, newCommand, withConfig } from "./command.ts";
import { finishWithout, runOnInstance } from "./operations.ts";
import { NO_DIFFERENCES, preview } from "./preview.ts";
import { openSources } from "./sources.ts";

export function importCommand() {
  return newCommand("import", "Make the configuration equal to an exported file.", [
    "Makes the configuration equal to an exported file (jsonl or json). It shows what would change and asks; then the running instance stops Uptime Kuma, changes the rows that differ and starts it again. The result is published, so the replicas follow. `rollback` undoes it.",
    "Only on the primary. FILE is read inside the container; - is standard input. Whatever a terminal added to the file on its way is removed first.",
    ALL_EXIT_CODES,
    {
      title: "Examples",
      commands: [
        "docker exec -i kuma replicator-kuma import - --yes < kuma.jsonl",
        "docker exec -it kuma replicator-kuma import /app/data/kuma.json",
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
  const read = readFile(file);
  if (!read.ok) return read;
  const goOn = await preview(config, openSources(config), read.value, yes);
  if (!goOn.ok) return goOn;
  if (!goOn.value) return finishWithout(NO_DIFFERENCES, { json });
  const encoded = Buffer.concat([...encodeSnapshot(read.value)]).toString("utf8");
  return runOnInstance(config, { do: "import", snapshot: encoded }, { json });
}

function readFile(file: string): Result<Snapshot> {
  try {
    return fromFile(readFileSync(file === "-" ? 0 : file));
  } catch (error) {
    return failure({
      code: "file-unreadable",
      message: `${file} cannot be read (${errorMessage(error)}).`,
      advice: "Name a file inside the container, or use - and docker exec -i.",
    });
  }
}
