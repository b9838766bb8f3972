import { EXIT_HELP, newCommand, withConfig } from "./command.ts";
import { runOnInstance } from "./run-on-instance.ts";

const HELP = `
Makes this primary a replica, now: it publishes what is not published yet, and follows from
then on. \`promote\` another instance, or nobody publishes.
What cannot be published, because another instance is the primary by now or the repository is
away, would be overwritten by the next snapshot: then it stays the primary and says what that
is. --yes gives it up.
The role is kept across restarts, until REPLICATOR_MODE is changed.
${EXIT_HELP}

Example:
  docker exec kuma-fra replicator-kuma demote`;

interface Options {
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function demoteCommand() {
  return newCommand("demote", "Make this instance a replica.", HELP)
    .option("-y, --yes", "also when changes here cannot be published: they are given up")
    .option("--json", "for programs")
    .action(({ yes = false, json }: Options) =>
      withConfig((config) => runOnInstance(config, { do: "demote", discard: yes }, { json })),
    );
}
