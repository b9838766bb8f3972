import { EXIT_HELP, newCommand, withConfig } from "./command.ts";
import { runOnInstance } from "./run-on-instance.ts";

const HELP = `
Makes this replica the primary, now: it applies the latest snapshot, publishes one of its
own, and is edited and published from then on. The former primary does not publish over
that, and says so; \`demote\` it when you can reach it.
The role is kept across restarts, until REPLICATOR_MODE is changed. Set that, too, when
you next have the container's settings at hand.
--as-is takes over with what is here, and without the latest snapshot: when the repository
cannot be read, or its latest snapshot is the trouble.
${EXIT_HELP}

Example:
  docker exec kuma-nyc replicator-kuma promote`;

export function promoteCommand() {
  return newCommand("promote", "Make this instance the primary.", HELP)
    .option("--as-is", "do not apply the latest snapshot first")
    .option("--json", "for programs")
    .action(({ asIs = false, json }: { asIs?: boolean; json?: boolean }) =>
      withConfig((config) => runOnInstance(config, { do: "promote", asIs }, { json })),
    );
}
