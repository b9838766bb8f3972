import { Command, Option } from "commander";
import { type Config, loadConfig, redact } from "../config/index.ts";
import { type Problem, type Result, success } from "../result.ts";
import { formatSections, HELP_LAYOUT, helpWidth, type Section, usageOf } from "./help.ts";
import { wrap } from "./layout.ts";
import { printError, printJson } from "./terminal.ts";

/** The exit codes of a command's process; each command's help lists those that it has. */
export const EXIT = { ok: 0, failed: 1, usage: 2, noSupervisor: 3 } as const;

const MEANINGS: Readonly<Record<number, string>> = {
  [EXIT.ok]: "done",
  [EXIT.failed]: "failed: standard error says why, and what to do",
  [EXIT.usage]: "wrong use, or wrong settings",
  [EXIT.noSupervisor]: "no running Replicator Kuma was reached",
};

/** The part of a command's help on exit codes. @param own what some of them mean for this command */
export function exitCodes(codes: readonly number[], own: Readonly<Record<number, string>> = {}): Section {
  return {
    title: "Exit codes",
    terms: codes.map((code) => [String(code), own[code] ?? MEANINGS[code] ?? ""] as const),
  };
}

/** Of commands that ask the running instance. */
export const ALL_EXIT_CODES = exitCodes([EXIT.ok, EXIT.failed, EXIT.usage, EXIT.noSupervisor]);
/** Of commands that only read, and do without it. */
export const READING_EXIT_CODES = exitCodes([EXIT.ok, EXIT.failed, EXIT.usage]);

/**
 * A command that answers wrong use with what is wrong, the nearest name that exists, its usage and exit code 2.
 * @param sections below its arguments and options in the help
 */
export function newCommand(name: string, description: string, sections: readonly Section[]): Command {
  const command = new Command(name);
  return command
    .description(description)
    .helpOption("-h, --help", "show this help")
    .addHelpText("after", () => `\n${formatSections(sections, helpWidth(process.stdout))}`)
    .configureHelp(HELP_LAYOUT)
    .configureOutput({
      getOutHelpWidth: () => helpWidth(process.stdout),
      getErrHelpWidth: () => helpWidth(process.stderr),
      outputError: (text, write) =>
        write(`${wrap(`${text.trimEnd()}\n${usageOf(command)}`, helpWidth(process.stderr), "  ")}\n`),
    })
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.ok : EXIT.usage));
}

/** What a command that has a form for programs is given; docs/commands.md has the form of each. */
export interface JsonOption {
  readonly json?: boolean | undefined;
}

export function jsonOption(): Option {
  return new Option("--json", "for programs: one JSON document");
}

/**
 * Loads the settings, which are those of the container, does the work, and ends with its exit code. A problem is
 * printed to standard error. Without the settings that replication needs there is nothing to command: they count as
 * wrong.
 */
export async function withConfig(
  options: JsonOption,
  work: (config: Config) => Promise<Result<number>>,
): Promise<void> {
  return withAnyConfig(options, async (config) => {
    if (config.obstacles.length === 0) return work(config);
    printProblems(config.obstacles, options, config.secrets);
    return success(EXIT.usage);
  });
}

/** The same, also where the settings leave no replication. */
export async function withAnyConfig(
  options: JsonOption,
  work: (config: Config) => Promise<Result<number>>,
): Promise<void> {
  const loaded = loadConfig(process.env, process.cwd());
  if (!loaded.ok) {
    printProblems(loaded.problems, options);
    process.exitCode = EXIT.usage;
    return;
  }
  const result = await work(loaded.config);
  if (!result.ok) printProblems([result.problem], options, loaded.config.secrets);
  process.exitCode = result.ok ? result.value : exitCodeFor(result.problem);
}

/**
 * On standard error for people, and for programs on standard output.
 * @param happened what was done before, in sentences
 */
export function printProblems(
  problems: readonly Problem[],
  { json, happened = [] }: JsonOption & { readonly happened?: readonly string[] },
  secrets: readonly string[] = [],
): void {
  for (const problem of problems) printError(problem, secrets);
  const hide = ({ code, message, advice }: Problem) => ({
    code,
    message: redact(message, secrets),
    advice: redact(advice, secrets),
  });
  const [problem, ...more] = problems.map(hide);
  if (json) printJson({ ok: false, happened, problem, ...(more.length > 0 ? { more } : {}) });
}

export function exitCodeFor({ code }: Problem): number {
  return code === "no-supervisor" || code === "socket-path-too-long" ? EXIT.noSupervisor : EXIT.failed;
}
