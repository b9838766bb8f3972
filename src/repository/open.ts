import type { ResticConfig } from "../config/index.ts";
import { success } from "../result.ts";
import { commands, LIMITS, type Limits } from "./commands.ts";
import { forget } from "./forget.ts";
import { list } from "./list.ts";
import { openOwnLocks } from "./own-locks.ts";
import { publish } from "./publish.ts";
import { createRestic, type Restic } from "./restic.ts";
import type { Repository, RepositoryResult } from "./types.ts";
import { createVersionLookup } from "./write-locked.ts";

export interface RepositoryOptions {
  /** Becomes the snapshots' host. */
  readonly instanceName: string;
  /** Where it is noted which restic of ours holds a lock; without it a lock of ours that is left waits half an hour. */
  readonly stateDir?: string;
  /** In place of the usual time limits. */
  readonly limits?: Partial<Limits>;
}

/** The repository that restic's environment names. Nothing is asked of it before the first call. */
export function openRepository(config: ResticConfig, options: RepositoryOptions): Repository {
  const limits = { ...LIMITS, ...options.limits };
  const restic = createRestic(config);
  const { instanceName, stateDir } = options;
  const writing = {
    restic,
    version: createVersionLookup(restic, limits.version),
    limits,
    ownLocks: openOwnLocks(stateDir),
  };
  return {
    list: async (signal) => {
      const listed = await list({ restic, limit: limits.list, signal });
      return listed.ok ? success(listed.value.snapshots) : listed;
    },
    listAll: (signal) => list({ restic, limit: limits.list, signal }),
    publish: (request, signal) => publish(writing, instanceName, request, signal),
    download: (id, signal) => download(restic, commands.dump(id), limits.dump, signal),
    downloadBash: (id, signal) => download(restic, commands.dumpAll(id), limits.dump, signal),
    forget: (request, signal) => forget(writing, request, signal),
    create: (signal) => create(restic, limits.init, signal),
  };
}

async function download(
  restic: Restic,
  args: readonly string[],
  limit: number,
  signal: AbortSignal,
): Promise<RepositoryResult<Uint8Array>> {
  const done = await restic({ args, limit, signal });
  return done.ok ? success(done.value.stdout) : done;
}

async function create(restic: Restic, limit: number, signal: AbortSignal): Promise<RepositoryResult<void>> {
  const done = await restic({ args: commands.init(), limit, signal });
  if (done.ok) return success(undefined);
  // Another instance was faster.
  const isThere = /already (exists|initialized)/.test(done.problem.message);
  return isThere ? success(undefined) : done;
}
