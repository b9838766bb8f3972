import { success } from "../result.ts";
import { EXIT, EXIT_HELP, newCommand, withConfig } from "./command.ts";
import { preview } from "./preview.ts";
import { runOnInstance } from "./run-on-instance.ts";
import { download, findSnapshot, listSnapshots, openSources } from "./sources.ts";

const HELP = `
Goes back to an earlier snapshot. It shows what would change and asks; then the running
instance stops Uptime Kuma, changes the rows that differ and starts it again. The result is
published, so the replicas follow. \`rollback\` undoes it.
Heartbeats and history stay; those of monitors that it removes are kept for 7 days, or until
the next apply.
Only on the primary: on a replica the next snapshot would overwrite it.
${EXIT_HELP}

Examples:
  docker exec kuma replicator-kuma snapshots
  docker exec -it kuma replicator-kuma restore 4f1c2a
  docker exec kuma replicator-kuma restore 4f1c2a --yes`;

export function restoreCommand() {
  return newCommand("restore", "Go back to an earlier snapshot.", HELP)
    .argument("<SNAPSHOT>", "the first digits of its id, or latest")
    .option("-y, --yes", "do not ask")
    .option("--json", "for programs")
    .action((wanted: string, { yes = false, json }: { yes?: boolean; json?: boolean }) =>
      withConfig(async (config) => {
        const sources = openSources(config);
        const listed = await listSnapshots(sources);
        if (!listed.ok) return listed;
        const info = findSnapshot(listed.value, wanted);
        if (!info.ok) return info;
        const snapshot = await download(sources, info.value);
        if (!snapshot.ok) return snapshot;
        const goOn = await preview(config, sources, snapshot.value, yes);
        if (!goOn.ok) return goOn;
        if (!goOn.value) return success(EXIT.ok);
        return runOnInstance(config, { do: "restore", snapshotId: info.value.id }, { json });
      }),
    );
}
