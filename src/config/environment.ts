import { join } from "node:path";
import { namesForRestic } from "./restic-env.ts";
import { isKnownToRestic } from "./restic-variables.ts";

/** Variables and their values; what is unset has no key. */
export type Environment = Readonly<Record<string, string>>;

/** Who sees a variable. The first row that fits decides; what fits none is for Kuma alone. */
const AUDIENCE: readonly { names: RegExp; kuma: boolean; restic: boolean }[] = [
  // restic's own (of these those that restic-variables.ts knows), and those of the storage services that it speaks to,
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
