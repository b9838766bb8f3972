import type { Environment } from "./environment.ts";

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
export function isKnownToRestic(name: string): boolean {
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
