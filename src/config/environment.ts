import { join } from "node:path";
import { failure, type Result, success } from "../result.ts";
import type { SettingProblem } from "./mistake.ts";

/** Variables and their values; what is unset has no key. */
export type Environment = Readonly<Record<string, string>>;

/** Who sees a variable. The first row that fits decides; what fits none is for Kuma alone. */
const AUDIENCE: readonly { names: RegExp; kuma: boolean; restic: boolean }[] = [
  // restic's own (of these those that KNOWN below has), and those of the storage services that it speaks to,
  // rclone among them.
  { names: /^(RESTIC|AWS|B2|AZURE|GOOGLE|OS|ST|RCLONE)_/, kuma: false, restic: true },
  // Ours. REPLICATOR_INSTANCE_NAME reaches Kuma all the same: its notifications carry it.
  { names: /^(REPLICATOR|NTFY)_/, kuma: false, restic: false },
  { names: /^(BACKUP_INTERVAL|RESTORE_INTERVAL|LOG_LEVEL|LOG_FORMAT)$/, kuma: false, restic: false },
  { names: /^(KUMA_DIR|KUMA_COMMAND)$/, kuma: false, restic: false },
  // How the image starts us (docker/replicator-kuma): it would slow down what works in many threads.
  { names: /^MALLOC_ARENA_MAX$/, kuma: false, restic: false },
  // What any program needs to find its files, the time, certificates, a proxy and an SSH agent (sftp repositories).
  { names: /^(PATH|HOME|USER|LOGNAME|TMPDIR|TZ|LANG|LC_\w+|XDG_\w+)$/, kuma: true, restic: true },
  { names: /^(SSL_CERT_FILE|SSL_CERT_DIR|SSH_AUTH_SOCK)$/, kuma: true, restic: true },
  { names: /^(HTTP|HTTPS|NO|ALL)_PROXY$/i, kuma: true, restic: true },
];

/**
 * What Kuma's process sees.
 * @param ownFile what the `.env` in Kuma's own folder holds. Kuma reads that file by itself (dotenv, server/server.js),
 *   so what it must not see is set to nothing here: dotenv leaves a variable that exists alone.
 */
export function kumaEnvironment(env: Environment, ownFile: Environment, instanceName: string): Environment {
  const given = namesForRestic(env);
  const isForKuma = (name: string) => audienceOf(name).kuma && !given.includes(name);
  const blanked = Object.keys(ownFile).filter((name) => !isForKuma(name));
  return {
    ...pick(env, isForKuma),
    ...Object.fromEntries(blanked.map((name) => [name, ""])),
    REPLICATOR_INSTANCE_NAME: instanceName,
  };
}

/**
 * What every restic process sees. Unless said otherwise its cache is kept in the state folder, where it outlives the
 * container (a cold one costs one request per old snapshot), and so are its temporary files, which are encrypted:
 * with a read-only root file system there is no other place. What its helper programs need (a password command, ssh,
 * rclone) is not known to us: REPLICATOR_RESTIC_ENV names it.
 */
export function resticEnvironment(env: Environment, stateDir: string): Environment {
  const places = { RESTIC_CACHE_DIR: join(stateDir, "cache"), TMPDIR: stateDir };
  const given = namesForRestic(env);
  const isForRestic = (name: string) =>
    given.includes(name) || (name.startsWith("RESTIC_") ? isKnownToRestic(name) : audienceOf(name).restic);
  return { ...places, ...pick(env, isForRestic) };
}

function audienceOf(name: string): { kuma: boolean; restic: boolean } {
  return AUDIENCE.find(({ names }) => names.test(name)) ?? { kuma: true, restic: false };
}

function pick(env: Environment, wanted: (name: string) => boolean): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => wanted(name)));
}

/**
 * Which of restic's own variables reach it: where the repository is, what opens it, and how fast it is read and
 * written (https://restic.readthedocs.io/en/stable/040_backup.html#environment-variables, and the names that restic
 * 0.14 to 0.19.1 hold). Not the others: RESTIC_HOST hides, from 0.17 on, the snapshots of all other hosts from
 * `snapshots` and `forget`; the RESTIC_FROM_… are those of another repository; and one that a later release brings may
 * again change what is listed or removed.
 */
const KNOWN =
  /^RESTIC_(REPOSITORY|REPOSITORY_FILE|PASSWORD|PASSWORD_FILE|PASSWORD_COMMAND|KEY_HINT|CACERT|TLS_CLIENT_CERT|HTTP_USER_AGENT|REST_USERNAME|REST_PASSWORD|AWS_ASSUME_ROLE_\w+|CACHE_DIR|COMPRESSION|PACK_SIZE|READ_CONCURRENCY|FEATURES)$/;

/** They change only what restic shows on a terminal, or are for its own developers: nobody misses them. */
const WITHOUT_EFFECT = /^RESTIC_(PROGRESS_FPS|DEBUG_\w+|TEST_\w+)$/;

/** Whether restic may see a variable whose name begins with RESTIC_. */
function isKnownToRestic(name: string): boolean {
  return KNOWN.test(name);
}

/** Names each variable that restic is not given though it begins with RESTIC_. */
export function warnOfUnknown(env: Environment): string[] {
  const names = Object.keys(env).filter(
    (name) => name.startsWith("RESTIC_") && !isKnownToRestic(name) && !WITHOUT_EFFECT.test(name),
  );
  if (names.length === 0) return [];
  return [
    `${names.sort().join(", ")}: not given to restic. Only the RESTIC_ variables that Replicator Kuma knows are, because others can change which snapshots restic finds. Remove them, or leave them to whatever else uses them.`,
  ];
}

/** Variables of the bash versions that have no successor. */
const ONLY_BASH: readonly string[] = ["RESTORE_MERGE_STRATEGY", "SQLITE_DATABASE", "REPLICAOTOR_DEV"];

/** Names each variable that a bash version knew and that does nothing now. */
export function warnOfBash(env: Environment): string[] {
  const names = ONLY_BASH.filter((name) => env[name] !== undefined);
  if (names.length === 0) return [];
  return [
    `${names.join(", ")}: known to the bash version alone, without effect here. Uptime Kuma's database is found as Uptime Kuma finds it. Remove what has no effect.`,
  ];
}

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
export function checkResticEnv(env: Environment): Result<string[], SettingProblem> {
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

function refusal(wrong: readonly string[]): SettingProblem {
  return {
    code: "setting-invalid",
    message: `REPLICATOR_RESTIC_ENV names ${[...new Set(wrong)].join("; and ")}.`,
    advice:
      "Write the names of the variables that RESTIC_PASSWORD_COMMAND, ssh or rclone need, such as VAULT_TOKEN,VAULT_ADDR.",
  };
}
