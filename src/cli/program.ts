import { Command } from "commander";
import { version } from "../version.ts";
import { addCommands } from "./commands.ts";

const HELP = `
Environment (the whole table is in docs/configuration.md):
  REPLICATOR_MODE        BACKUP: this instance is the primary and publishes. RESTORE (default): a replica, it follows.
  RESTIC_REPOSITORY      where the configuration is exchanged: whatever restic speaks (s3:…, b2:…, sftp:…, rest:…, a folder)
  RESTIC_PASSWORD        the repository's password, or RESTIC_PASSWORD_FILE, or RESTIC_PASSWORD_COMMAND
  REPLICATOR_RESTIC_ENV  variables that this command, ssh or rclone need, such as VAULT_TOKEN,VAULT_ADDR; kept from Kuma
  REPLICATOR_RESTIC_OPTIONS  options of restic, such as -o "sftp.args=-i /run/secrets/ssh/key"
  NTFY_URL               where to send messages on publishes and applies, such as ntfy.sh/my-topic
  REPLICATOR_HTTP        where a page, metrics and health are served, such as 127.0.0.1:3080 (off)
  BACKUP_INTERVAL        how often a primary looks for changes (5m)
  RESTORE_INTERVAL       how often a replica looks for a snapshot (6m)

Signals: TERM, INT end everything in order (exit 0), a second one at once. USR1: publish or look now. USR2: state to the log.

Example:
  docker run -e REPLICATOR_MODE=BACKUP -e RESTIC_REPOSITORY=/repository -e RESTIC_PASSWORD_FILE=/run/secrets/restic \\
    -v kuma:/app/data -v repository:/repository -p 3001:3001 replicator-kuma`;

/** The program with all its commands, as arguments and help have them. @param main its two own ones */
export function createProgram(main: Record<"run" | "health", () => Promise<never>>): Command {
  const program = new Command("replicator-kuma")
    .description(
      "Runs Uptime Kuma and keeps its configuration the same on every instance, through a restic repository.",
    )
    .version(version)
    .addHelpText("after", HELP)
    .showHelpAfterError()
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  program
    .command("run", { isDefault: true })
    .description("supervise Uptime Kuma and replicate (the default)")
    .action(main.run);
  program
    .command("health")
    .description("say in one line whether the instance running here is well: exit code 0 healthy, 1 not")
    .action(main.health);
  addCommands(program);
  return program;
}
