import { EXIT_HELP, newCommand, withConfig } from "./command.ts";
import { runOnInstance } from "./run-on-instance.ts";

const HELP = `
Makes this primary a replica, now: it publishes what is not published yet, if it may, and
follows from then on. \`promote\` another instance, or nobody publishes.
The role is kept across restarts, until REPLICATOR_MODE is changed.
${EXIT_HELP}

Example:
  docker exec kuma-fra replicator-kuma demote`;

export function demoteCommand() {
  return newCommand("demote", "Make this instance a replica.", HELP)
    .option("--json", "for programs")
    .action((options: { json?: boolean }) =>
      withConfig((config) => runOnInstance(config, { do: "demote" }, options)),
    );
}
