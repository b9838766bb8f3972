import { FILE_NAME, OUR_TAG, tagsOf } from "./snapshots.ts";
import type { PublishRequest } from "./types.ts";

/**
 * The arguments of every call of restic, each named after its command:
 * https://restic.readthedocs.io/en/stable/manual_rest.html. What a person adds to all of them, and where the cache is,
 * comes behind these (restic.ts). With --no-lock a command needs no right to write, and
 * `snapshots` makes 5 requests instead of 9.
 */
export const commands = {
  version: () => ["version"],
  init: () => ["init"],
  /** One file, from standard input. */
  backup: (instanceName: string, request: Omit<PublishRequest, "stream">) => [
    ...["backup", "--json", "--stdin", `--stdin-filename=${FILE_NAME}`, `--host=${instanceName}`],
    ...tagsOf(request).map((tag) => `--tag=${tag}`),
  ],
  dump: (id: string) => ["dump", "--no-lock", id, `/${FILE_NAME}`],
  /** All files of a snapshot: of a folder restic makes a tar archive. */
  dumpAll: (id: string) => ["dump", "--no-lock", id, "/"],
  /** Every snapshot: what is ours we know, and only the whole list can be counted. */
  snapshots: () => ["snapshots", "--json", "--no-lock"],
  /** The ids of all files of a kind, readable or not: their names. One LIST request. */
  list: (kind: "snapshots" | "locks") => ["list", kind, "--no-lock"],
  catLock: (id: string) => ["cat", "lock", id, "--no-lock"],
  /** Removes locks whose restic is dead, and no other. */
  unlock: () => ["unlock"],
  /**
   * Says what a policy would forget of our snapshots, and changes nothing. Those with our tag and our path, nothing
   * else that is kept there; grouped by paths, because all of ours have the same one and their hosts differ: after a
   * change of the primary the policy goes on counting.
   */
  forgetDryRun: (keep: readonly string[]) => [
    ...["forget", "--json", "--dry-run", "--no-lock"],
    ...[`--tag=${OUR_TAG}`, `--path=/${FILE_NAME}`, "--group-by=paths"],
    ...keep,
  ],
  forget: (ids: readonly string[], { prune }: { prune: boolean }) => [
    "forget",
    ...(prune ? [PRUNE] : []),
    ...ids,
  ],
};

/** Of `restic forget`: removes the data, too, that nothing refers to any more. */
export const PRUNE = "--prune";

/** To be added to a command that locks: waits for another restic's lock, from 0.16 on. @param limit milliseconds */
export function retryLock(limit: number): string {
  return `--retry-lock=${limit}ms`;
}

/** How long each command may take, milliseconds. */
export interface Limits {
  readonly version: number;
  /** Also of a dry run of `forget`. */
  readonly list: number;
  /** Also of each look at a lock. */
  readonly unlock: number;
  readonly init: number;
  readonly dump: number;
  readonly backup: number;
  readonly forget: number;
  /** How long a write waits for another restic's lock. */
  readonly lock: number;
}

export const LIMITS: Limits = {
  version: 10_000,
  list: 60_000,
  unlock: 60_000,
  init: 2 * 60_000,
  dump: 5 * 60_000,
  backup: 10 * 60_000,
  forget: 60 * 60_000,
  lock: 60_000,
};
