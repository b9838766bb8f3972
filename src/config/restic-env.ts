import { failure, type Problem, type Result, success } from "../result.ts";
import type { Environment } from "./environment.ts";

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * What decides where Uptime Kuma and its data are, and how it runs. Kept from it, it would run with another database
 * than the one that is replicated.
 */
const KUMAS = /^(DATA_DIR|UPTIME_KUMA_\w+|HOST|PORT|SSL_\w+|NODE_\w+|PUID|PGID)$/;

/** restic's are given to it already, but for those that it must not have; ours are ours; some everybody needs. */
const SETTLED = /^((RESTIC|REPLICATOR|NTFY)_\w+|PATH|HOME|USER|LOGNAME|TMPDIR|TZ|LANG)$/;

/** The names in REPLICATOR_RESTIC_ENV, separated by commas or white space; those that are none are left out. */
export function namesForRestic(env: Environment): string[] {
  return namesIn(env).filter((name) => whyNot(name) === undefined);
}

/**
 * Checks REPLICATOR_RESTIC_ENV: the variables that restic's helper programs need (RESTIC_PASSWORD_COMMAND, ssh,
 * rclone), given to restic and kept from Kuma.
 * @returns what to warn of: a name that is not set
 */
export function checkResticEnv(env: Environment): Result<string[]> {
  const wrong = namesIn(env).flatMap((name) => whyNot(name) ?? []);
  if (wrong.length > 0) return failure(refusal(wrong));
  const unset = namesForRestic(env).filter((name) => env[name] === undefined);
  return success(
    unset.map((name) => `REPLICATOR_RESTIC_ENV names ${name}, which is not set: restic does not get it.`),
  );
}

function namesIn(env: Environment): string[] {
  return [...new Set((env.REPLICATOR_RESTIC_ENV ?? "").split(/[\s,]+/).filter((name) => name !== ""))];
}

function whyNot(name: string): string | undefined {
  // Not quoted: it is likely a value, with NAME=VALUE written where NAME belongs.
  if (!NAME.test(name)) return "something that is not the name of a variable";
  if (KUMAS.test(name)) return `${name}, which Uptime Kuma needs`;
  if (SETTLED.test(name)) return `${name}, of which is settled already who gets it`;
  return undefined;
}

function refusal(wrong: readonly string[]): Problem {
  return {
    code: "setting-invalid",
    message: `REPLICATOR_RESTIC_ENV names ${[...new Set(wrong)].join("; and ")}.`,
    advice:
      "Write the names of the variables that RESTIC_PASSWORD_COMMAND, ssh or rclone need, such as VAULT_TOKEN,VAULT_ADDR.",
  };
}
