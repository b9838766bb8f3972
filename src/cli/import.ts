import { readFileSync } from "node:fs";
import { fromText } from "../export/index.ts";
import { failure, type Result, success } from "../result.ts";
import { encodeSnapshot } from "../snapshot/index.ts";
import { askAndTell } from "./ask.ts";
import { EXIT, EXIT_HELP, newCommand, withConfig } from "./command.ts";
import { preview } from "./preview.ts";
import { openSources } from "./sources.ts";

const HELP = `
Makes the configuration equal to an exported one (jsonl or json): shows what would change,
asks, then has the running instance stop Uptime Kuma, change the differing rows and start
it again. The result is published, so that the replicas follow. \`rollback\` undoes it.
Only on the primary. FILE is read inside the container; - is standard input.
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
        const text = readText(file);
        if (!text.ok) return text;
        const snapshot = fromText(text.value);
        if (!snapshot.ok) return snapshot;
        const goOn = await preview(config, openSources(config), snapshot.value, yes);
        if (!goOn.ok) return goOn;
        if (!goOn.value) return success(EXIT.ok);
        const encoded = Buffer.concat([...encodeSnapshot(snapshot.value)]).toString("utf8");
        return askAndTell(config, { do: "import", snapshot: encoded }, { json });
      }),
    );
}

function readText(file: string): Result<string> {
  try {
    return success(readFileSync(file === "-" ? 0 : file, "utf8"));
  } catch (error) {
    return failure({
      code: "file-unreadable",
      message: `${file} cannot be read (${error instanceof Error ? error.message : error}).`,
      advice: "Name a file inside the container, or use - and docker exec -i.",
    });
  }
}
