import { Command } from "commander";
import { type Config, loadConfig } from "../config/index.ts";
import { type Problem, type Result, success } from "../result.ts";
import { printError } from "./terminal.ts";

/** The exit codes of a command's process; each command's help lists those that it has. */
export const EXIT = { ok: 0, failed: 1, usage: 2, noSupervisor: 3 } as const;

/** The lines on exit codes that every command's help has. */
export const EXIT_HELP = `
Exit codes:
  0  done
  1  failed: standard error says why, and what to do
  2  wrong usage or wrong settings
  3  no running Replicator Kuma was reached`;

/** A command that answers wrong usage with its help and exit code 2. */
export function newCommand(name: string, description: string, help: string): Command {
  return new Command(name)
    .description(description)
    .addHelpText("after", help)
    .showHelpAfterError()
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.ok : EXIT.usage));
}

/**
 * Loads the settings, which are those of the container, does the work, and ends with its exit code. A problem is
 * printed to standard error. Without the settings that replication needs there is nothing to command: they count as wrong.
 */
export async function withConfig(work: (config: Config) => Promise<Result<number>>): Promise<void> {
  return withAnyConfig(async (config) => {
    if (config.obstacles.length === 0) return work(config);
    for (const problem of config.obstacles) printError(problem, config.secrets);
    return success(EXIT.usage);
  });
}

/** The same, also where the settings leave no replication. */
export async function withAnyConfig(work: (config: Config) => Promise<Result<number>>): Promise<void> {
  const loaded = loadConfig(process.env, process.cwd());
  if (!loaded.ok) {
    for (const problem of loaded.problems) printError(problem);
    process.exitCode = EXIT.usage;
    return;
  }
  const result = await work(loaded.config);
  if (!result.ok) printError(result.problem, loaded.config.secrets);
  process.exitCode = result.ok ? result.value : exitCodeFor(result.problem);
}

function exitCodeFor({ code }: Problem): number {
  return code === "no-supervisor" || code === "socket-path-too-long" ? EXIT.noSupervisor : EXIT.failed;
}
