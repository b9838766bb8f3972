import type { Command } from "commander";
import { version } from "../version.ts";
import { adoptCommand } from "./adopt.ts";
import { ALL_EXIT_CODES, exitCodes, type JsonOption, jsonOption, newCommand } from "./command.ts";
import { completionCommand } from "./completion.ts";
import { diffCommand } from "./diff.ts";
import { doctorCommand } from "./doctor.ts";
import { exportCommand } from "./export.ts";
import { importCommand } from "./import.ts";
import { demoteCommand, promoteCommand, rollbackCommand, syncCommand } from "./operations.ts";
import { patchCommand } from "./patch.ts";
import { restoreCommand } from "./restore.ts";
import { snapshotsCommand } from "./snapshots.ts";
import { statusCommand } from "./status.ts";

/** What `main.ts` does without this file when it is asked for nothing else. */
interface Main {
  readonly run: () => Promise<never>;
  readonly health: (json?: boolean) => Promise<never>;
}

/** The program with all its commands, in the order in which the help lists them. */
export function createProgram(main: Main): Command {
  const program = newCommand(
    "replicator-kuma",
    "Runs Uptime Kuma and keeps its configuration the same on every instance, through a restic repository.",
    [
      {
        title: "Environment (the whole table is in docs/configuration.md)",
        terms: [
          [
            "REPLICATOR_MODE",
            "BACKUP: this instance is the primary and publishes. RESTORE (default): a replica, it follows.",
          ],
          [
            "RESTIC_REPOSITORY",
            "where the configuration is exchanged: whatever restic speaks (s3:…, b2:…, sftp:…, rest:…, a folder)",
          ],
          [
            "RESTIC_PASSWORD",
            "the repository's password, or RESTIC_PASSWORD_FILE, or RESTIC_PASSWORD_COMMAND",
          ],
          [
            "REPLICATOR_RESTIC_ENV",
            "variables that this command, ssh or rclone need, such as VAULT_TOKEN,VAULT_ADDR; kept from Kuma",
          ],
          ["REPLICATOR_RESTIC_OPTIONS", 'options of restic, such as -o "sftp.args=-i /run/secrets/ssh/key"'],
          ["NTFY_URL", "where to send messages on publishes and applies, such as ntfy.sh/my-topic"],
          ["REPLICATOR_HTTP", "where a page, metrics and health are served, such as 127.0.0.1:3080 (off)"],
          ["BACKUP_INTERVAL", "how often a primary looks for changes (5m)"],
          ["RESTORE_INTERVAL", "how often a replica looks for a snapshot (6m)"],
        ],
      },
      {
        title: "Signals",
        terms: [
          ["TERM, INT", "end everything in order (exit code 0), a second one at once"],
          ["USR1", "publish or look now"],
          ["USR2", "state to the log"],
        ],
      },
      ALL_EXIT_CODES,
      {
        title: "Example",
        commands: [
          "docker run -e REPLICATOR_MODE=BACKUP -e RESTIC_REPOSITORY=/repository -e RESTIC_PASSWORD_FILE=/run/secrets/restic -v kuma:/app/data -v repository:/repository -p 3001:3001 replicator-kuma",
        ],
      },
    ],
  )
    .version(version, "-V, --version", "show the version")
    .helpCommand("help [COMMAND]", "Show the help of a command.");
  for (const command of [
    runCommand(main),
    statusCommand(),
    syncCommand(),
    snapshotsCommand(),
    diffCommand(),
    restoreCommand(),
    rollbackCommand(),
    exportCommand(),
    importCommand(),
    adoptCommand(),
    promoteCommand(),
    demoteCommand(),
    doctorCommand(),
    healthCommand(main),
    patchCommand(),
    completionCommand(program),
  ])
    program.addCommand(command);
  return program;
}

function runCommand({ run }: Main): Command {
  return newCommand("run", "Supervise Uptime Kuma and replicate: what happens without a command.", [
    "Everything that it goes by is in the environment: `replicator-kuma --help` has the settings that most need.",
    exitCodes([0, 1, 2], {
      0: "ended by SIGTERM or SIGINT",
      1: "another instance runs on the same data",
      2: "wrong use, or settings that Uptime Kuma cannot be started with",
    }),
    "126 and 127: Uptime Kuma cannot be started. Any other: Uptime Kuma's own, when it crashes too often.",
    { title: "Example", commands: ["replicator-kuma run"] },
  ]).action(() => run());
}

function healthCommand({ health }: Main): Command {
  return newCommand("health", "Say in one line whether the instance running here is well.", [
    "For the health check of a container: the image has it. Replication that fails is a warning in the line; a restart would only interrupt the monitoring.",
    exitCodes([0, 1, 2], { 0: "healthy", 1: "unhealthy: the line says why", 2: "wrong use" }),
    { title: "Example", commands: ["docker exec kuma replicator-kuma health"] },
  ])
    .addOption(jsonOption())
    .action(({ json }: JsonOption) => health(json));
}
