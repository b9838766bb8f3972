import { existsSync, statfsSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** With less room than this for the cache it is left alone, bytes. */
const LEAST_ROOM = 16 * 1024 * 1024;

/**
 * What restic is told about its cache: to do without when there is hardly any room for it. For want of a cache restic
 * would only read a little more, but on a full disk it goes wrong: up to 0.15 it repeats each read that it cannot put
 * into the cache for 45 s (a download takes minutes), from 0.16 on it gives up.
 * https://github.com/restic/restic/issues/4130
 * @param env restic's
 */
export function cacheOptions(env: Readonly<Record<string, string>>): string[] {
  const folder = env.RESTIC_CACHE_DIR;
  return folder !== undefined && roomAt(folder) < LEAST_ROOM ? ["--no-cache"] : [];
}

/** Free bytes where a folder is or will be; infinite where that cannot be found out. */
function roomAt(folder: string): number {
  let existing = resolve(folder);
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  try {
    const { bavail, bsize } = statfsSync(existing);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
