import type { Config } from "../config/index.ts";
import type { Result } from "../result.ts";
import { ALL_EXIT_CODES, type JsonOption, jsonOption, newCommand, withConfig } from "./command.ts";
import { finishWithout, runOnInstance } from "./operations.ts";
import { NO_DIFFERENCES, preview } from "./preview.ts";
import { downloadWanted, openSources } from "./sources.ts";

interface Options extends JsonOption {
  readonly yes?: boolean;
}

export function restoreCommand() {
  return newCommand("restore", "Go back to an earlier snapshot.", [
    "Goes back to an earlier snapshot. It shows what would change and asks; then the running instance stops Uptime Kuma, changes the rows that differ and starts it again. The result is published, so the replicas follow. `rollback` undoes it.",
    "Heartbeats and history stay; those of monitors that it removes are kept for 7 days, or until the next apply.",
    "Only on the primary: on a replica the next snapshot would overwrite it.",
    ALL_EXIT_CODES,
    {
      title: "Examples",
      commands: [
        "docker exec kuma replicator-kuma snapshots",
        "docker exec -it kuma replicator-kuma restore 4f1c2a",
        "docker exec kuma replicator-kuma restore 4f1c2a --yes",
      ],
    },
  ])
    .argument("<SNAPSHOT>", "the first digits of its id, or latest")
    .option("-y, --yes", "do not ask")
    .addOption(jsonOption())
    .action((wanted: string, options: Options) =>
      withConfig(options, (config) => restore(config, wanted, options)),
    );
}

async function restore(
  config: Config,
  wanted: string,
  { yes = false, json }: Options,
): Promise<Result<number>> {
  const sources = openSources(config);
  const found = await downloadWanted(sources, wanted);
  if (!found.ok) return found;
  const goOn = await preview(config, sources, found.value.snapshot, yes);
  if (!goOn.ok) return goOn;
  if (!goOn.value) return finishWithout(NO_DIFFERENCES, { json });
  return runOnInstance(config, { do: "restore", snapshotId: found.value.info.id }, { json });
}
