import { success } from "../result.ts";
import { EXIT_HELP, newCommand, withConfig } from "./command.ts";
import { previewPromotion } from "./preview-promotion.ts";
import { runOnInstance } from "./run-on-instance.ts";

const HELP = `
Makes this replica the primary, now: it applies the latest snapshot, publishes one of its
own, and is edited and published from then on. The former primary does not publish over
that, and says so; \`demote\` it when you can reach it.
The role is kept across restarts, until REPLICATOR_MODE is changed. Set that, too, when
you next have the container's settings at hand.
--as-is takes over with what is here, and without the latest snapshot: when the repository
cannot be read, or its latest snapshot is the trouble. It shows what that changes on every
replica, and asks.
${EXIT_HELP}

Examples:
  docker exec kuma-nyc replicator-kuma promote
  docker exec -it kuma-nyc replicator-kuma promote --as-is
  docker exec kuma-nyc replicator-kuma promote --as-is --yes`;

interface Options {
  readonly asIs?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function promoteCommand() {
  return newCommand("promote", "Make this instance the primary.", HELP)
    .option("--as-is", "do not apply the latest snapshot first")
    .option("-y, --yes", "do not ask; it is asked with --as-is")
    .option("--json", "for programs")
    .action(({ asIs = false, yes = false, json }: Options) =>
      withConfig(async (config) => {
        const goOn = asIs ? await previewPromotion(config, yes) : success(true);
        return goOn.ok ? runOnInstance(config, { do: "promote", asIs }, { json }) : goOn;
      }),
    );
}
