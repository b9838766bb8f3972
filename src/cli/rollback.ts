import { EXIT_HELP, newCommand, withConfig } from "./command.ts";
import { previewRollback } from "./preview-rollback.ts";
import { runOnInstance } from "./run-on-instance.ts";

const HELP = `
Undoes the last apply, restore or import. It shows how old that is, what would change and
what was edited since then, and asks; then the running instance stops Uptime Kuma, brings
back the rows, icons and history that were changed, and starts it again. It works even when
Uptime Kuma does not start. It goes one step back; \`restore\` on the primary goes further.
What was added since then to something that is removed, such as a tag to a monitor, is
removed with it. The history of monitors that come back is kept for 7 days after the apply.
On a replica this snapshot is not applied again by itself (\`sync --retry\` does that); the
next one is. On a primary the earlier configuration is published in the next cycle.
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
