import { EXIT_HELP, newCommand, withConfig } from "./command.ts";
import { runOnInstance } from "./run-on-instance.ts";

const HELP = `
A primary publishes what has changed, a replica looks for a snapshot and applies it: now,
instead of at the next interval. Waits until it is done and says what happened.
A snapshot that Uptime Kuma did not come up with, or that was rolled back by hand, is not
taken again by itself; --retry takes it once more. Nor does a replica go back by itself to a
snapshot that comes before what it has had, or a primary begin anew where its repository is
empty or gone: --retry says that this is meant.
${EXIT_HELP}

Examples:
  docker exec kuma replicator-kuma sync
  docker exec kuma-replica replicator-kuma sync --retry`;

export function syncCommand() {
  return newCommand("sync", "Publish, or look for a snapshot, now.", HELP)
    .option("--retry", "also what was refused here: a snapshot, or a repository that went back or is empty")
    .option("--json", "for programs")
    .action(({ retry = false, json }: { retry?: boolean; json?: boolean }) =>
      withConfig((config) => runOnInstance(config, { do: "sync", retry }, { json })),
    );
}
