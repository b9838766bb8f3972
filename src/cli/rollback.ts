import { askAndTell } from "./ask.ts";
import { EXIT_HELP, newCommand, withConfig } from "./command.ts";

const HELP = `
Undoes the last apply, restore or import: has the running instance stop Uptime Kuma, put
the rows and icons back that it changed, and start it again. Works whatever state Uptime
Kuma is in. One step back, not more; \`restore\` on the primary goes further.
On a replica that snapshot is not applied again by itself (\`sync --retry\` does); the next
one is. On the primary the former configuration is published at the next cycle.
${EXIT_HELP}

Example:
  docker exec kuma-replica replicator-kuma rollback`;

export function rollbackCommand() {
  return newCommand("rollback", "Undo the last apply.", HELP)
    .option("--json", "for programs")
    .action((options: { json?: boolean }) =>
      withConfig((config) => askAndTell(config, { do: "rollback" }, options)),
    );
}
