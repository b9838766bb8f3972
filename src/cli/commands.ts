import type { Command } from "commander";
import { adoptCommand } from "./adopt.ts";
import { demoteCommand } from "./demote.ts";
import { diffCommand } from "./diff.ts";
import { doctorCommand } from "./doctor.ts";
import { exportCommand } from "./export.ts";
import { importCommand } from "./import.ts";
import { patchCommand } from "./patch.ts";
import { promoteCommand } from "./promote.ts";
import { restoreCommand } from "./restore.ts";
import { rollbackCommand } from "./rollback.ts";
import { snapshotsCommand } from "./snapshots.ts";
import { statusCommand } from "./status.ts";
import { syncCommand } from "./sync.ts";

/** All commands but `run` and `health`, in the order in which the help lists them. */
export function addCommands(program: Command): void {
  for (const command of [
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
    patchCommand(),
  ])
    program.addCommand(command);
}
