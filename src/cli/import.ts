import { readFileSync } from "node:fs";
import type { Config } from "../config/index.ts";
import { aboutFile, fromFile } from "../export/index.ts";
import { errorMessage } from "../format.ts";
import { failure, type Result, success } from "../result.ts";
import { encodeSnapshot, type Snapshot } from "../snapshot/index.ts";
import { EXIT, EXIT_HELP, newCommand, withConfig } from "./command.ts";
import { preview } from "./preview.ts";
import { runOnInstance } from "./run-on-instance.ts";
import { openSources } from "./sources.ts";

const HELP = `
Makes the configuration equal to an exported one (jsonl or json): shows what would change,
asks, then has the running instance stop Uptime Kuma, change the differing rows and start
it again. The result is published, so that the replicas follow. \`rollback\` undoes it.
Only on the primary. FILE is read inside the container; - is standard input. What a
terminal added to the file on its way is taken off.
${EXIT_HELP}

Examples:
  docker exec -i kuma replicator-kuma import - --yes < kuma.jsonl
  docker exec -it kuma replicator-kuma import /app/data/kuma.json`;

export function importCommand() {
  return newCommand("import", "Take the configuration out of an exported file.", HELP)
    .argument("<FILE>", "what export wrote, or - for standard input")
    .option("-y, --yes", "do not ask")
    .option("--json", "for programs")
    .action((file: string, { yes = false, json }: { yes?: boolean; json?: boolean }) =>
      withConfig(async (config) => {
        const done = await importFile(config, file, { yes, json });
        return done.ok ? done : failure(aboutFile(done.problem));
      }),
    );
}

async function importFile(
  config: Config,
  file: string,
  { yes, json }: { yes: boolean; json: boolean | undefined },
): Promise<Result<number>> {
  const read = readFile(file);
  if (!read.ok) return read;
  const goOn = await preview(config, openSources(config), read.value, yes);
  if (!goOn.ok) return goOn;
  if (!goOn.value) return success(EXIT.ok);
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
