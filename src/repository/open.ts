import type { ResticConfig } from "../config/index.ts";
import { failure, success } from "../result.ts";
import { forget } from "./forget.ts";
import { LIMITS, type Limits } from "./limits.ts";
import { explain } from "./problems.ts";
import { publish } from "./publish.ts";
import { createRestic, type Restic } from "./restic.ts";
import { FILE_NAME, OUR_TAG, parseSnapshots } from "./snapshots.ts";
import type { Repository, RepositoryResult, SnapshotInfo } from "./types.ts";
import { createVersionLookup } from "./version.ts";

export interface RepositoryOptions {
  /** Becomes the snapshots' host. */
  readonly instanceName: string;
  /** In place of the usual time limits. */
  readonly limits?: Partial<Limits>;
}

/** The repository that restic's environment names. Nothing is asked of it before the first call. */
export function openRepository(config: ResticConfig, options: RepositoryOptions): Repository {
  const limits = { ...LIMITS, ...options.limits };
  const restic = createRestic(config);
  const writing = { restic, version: createVersionLookup(restic, limits.version), limits };
  const { instanceName } = options;
  return {
    list: (signal) => list(restic, limits.list, signal),
    publish: (request, signal) => publish(writing, instanceName, request, signal),
    download: (id, signal) => download(restic, id, limits.download, signal),
    forget: (request, signal) => forget(writing, request, signal),
    create: (signal) => create(restic, limits.create, signal),
  };
}

async function list(
  restic: Restic,
  limit: number,
  signal: AbortSignal,
): Promise<RepositoryResult<SnapshotInfo[]>> {
  // No lock: a replica then needs no right to write, and 5 requests instead of 9.
  const args = ["snapshots", "--json", "--no-lock", `--tag=${OUR_TAG}`];
  const done = await restic({ args, limit, signal });
  if (!done.ok) return done;
  const { stderr } = done.value;
  // restic 0.14 leaves out a snapshot that it cannot read, and exits with 0: the newest of what is left would then pass
  // for the latest, or a damaged repository for an empty one.
  if (stderr.includes("could not load snapshot"))
    return failure(explain({ exitCode: 0, stderr, secrets: [] }));
  const snapshots = parseSnapshots(new TextDecoder().decode(done.value.stdout));
  if (snapshots !== undefined) return success(snapshots);
  return failure({
    code: "restic-failed",
    message: "restic listed its snapshots in a way that is not understood.",
    advice: "Use restic 0.14 or newer.",
  });
}

async function download(
  restic: Restic,
  id: string,
  limit: number,
  signal: AbortSignal,
): Promise<RepositoryResult<Uint8Array>> {
  const done = await restic({ args: ["dump", "--no-lock", id, `/${FILE_NAME}`], limit, signal });
  return done.ok ? success(done.value.stdout) : done;
}

async function create(restic: Restic, limit: number, signal: AbortSignal): Promise<RepositoryResult<void>> {
  const done = await restic({ args: ["init"], limit, signal });
  if (done.ok) return success(undefined);
  // Another instance was faster.
  const isThere = /already (exists|initialized)/.test(done.problem.message);
  return isThere ? success(undefined) : done;
}
