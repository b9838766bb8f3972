import { EXIT_HELP, newCommand, withConfig } from "./command.ts";
import { previewRollback } from "./preview-rollback.ts";
import { runOnInstance } from "./run-on-instance.ts";

const HELP = `
Undoes the last apply, restore or import: shows how old it is, what would change and what
was edited since, asks, then has the running instance stop Uptime Kuma, put the rows, icons
and history back that it changed, and start it again. Works whatever state Uptime Kuma is
in. One step back, not more; \`restore\` on the primary goes further.
What was made since for something that goes, such as a tag of a monitor, goes with it.
History of monitors that come back is kept for 7 days after the apply.
On a replica that snapshot is not applied again by itself (\`sync --retry\` does); the next
one is. On the primary the former configuration is published at the next cycle.
${EXIT_HELP}

Examples:
  docker exec -it kuma-replica replicator-kuma rollback
  docker exec kuma-replica replicator-kuma rollback --yes`;

export function rollbackCommand() {
  return newCommand("rollback", "Undo the last apply.", HELP)
    .option("-y, --yes", "do not ask")
    .option("--json", "for programs")
    .action(({ yes = false, json }: { yes?: boolean; json?: boolean }) =>
      withConfig(async (config) => {
        const shown = await previewRollback(config, yes);
        if (!shown.ok) return shown;
        return runOnInstance(config, { do: "rollback", changedAt: shown.value }, { json });
      }),
    );
}
