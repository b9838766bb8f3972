import type { Environment } from "./environment.ts";
import { readFileOf } from "./files.ts";
import type { SettingProblem } from "./mistake.ts";
import { addressSecrets } from "./secrets.ts";

/**
 * Whether restic is told its repository and password. restic takes them from its environment by itself; here they are
 * only checked, so that a mistake is told at the start and not in the middle of a backup.
 * @returns every problem, each of which makes replication impossible, and the secrets that the named files hold
 */
export function checkRestic(
  env: Environment,
  cwd: string,
): { problems: SettingProblem[]; secrets: string[] } {
  const files = (["RESTIC_REPOSITORY_FILE", "RESTIC_PASSWORD_FILE"] as const).filter((name) => env[name]);
  const contents = files.map((name) => ({ name, file: readFileOf(name, env, cwd) }));
  return {
    problems: [
      ...contents.flatMap(({ file }) => (file.ok ? [] : file.problem)),
      ...missing(env),
      ...contradictions(env),
    ],
    secrets: contents.flatMap(({ name, file }) => {
      if (!file.ok) return [];
      return name === "RESTIC_PASSWORD_FILE" ? file.value : addressSecrets(file.value);
    }),
  };
}

function missing(env: Environment): SettingProblem[] {
  const problems: SettingProblem[] = [];
  if (!env.RESTIC_REPOSITORY && !env.RESTIC_REPOSITORY_FILE)
    problems.push({
      code: "setting-missing",
      message: "RESTIC_REPOSITORY is not set.",
      advice:
        "Set it to the restic repository, the same on every instance, or name a file that holds it in RESTIC_REPOSITORY_FILE.",
    });
  if (!env.RESTIC_PASSWORD && !env.RESTIC_PASSWORD_FILE && !env.RESTIC_PASSWORD_COMMAND)
    problems.push({
      code: "setting-missing",
      message: "RESTIC_PASSWORD is not set.",
      advice: "Set it to the repository's password, or set RESTIC_PASSWORD_FILE or RESTIC_PASSWORD_COMMAND.",
    });
  return problems;
}

/** restic refuses these pairs by itself (0.14: "mutually exclusive"), but only at its first run. */
function contradictions(env: Environment): SettingProblem[] {
  const pairs = [
    ["RESTIC_REPOSITORY", "RESTIC_REPOSITORY_FILE"],
    ["RESTIC_PASSWORD_FILE", "RESTIC_PASSWORD_COMMAND"],
  ] as const;
  return pairs
    .filter(([one, other]) => env[one] && env[other])
    .map(([one, other]) => ({
      code: "setting-invalid",
      message: `${one} and ${other} are both set, and restic refuses to choose.`,
      advice: "Keep one of them.",
    }));
}
