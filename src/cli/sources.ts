import type { Config } from "../config/index.ts";
import { type KumaDatabase, openKumaDatabase } from "../database/index.ts";
import { shortId } from "../format.ts";
import { readKumaVersion } from "../kuma/index.ts";
import { chooseLatest, fetchAny, isSameSnapshot, peekRole, rulesOf } from "../replication/index.ts";
import {
  type BashSnapshot,
  type Listing,
  openRepository,
  type Repository,
  type SnapshotInfo,
} from "../repository/index.ts";
import { failure, type Result, success } from "../result.ts";
import { type Content, contentHash, decodeSnapshot, type Origin, type Snapshot } from "../snapshot/index.ts";
import { kumaPlace } from "./kuma-place.ts";
import { during } from "./progress.ts";

/** What a command reads by itself, beside the running supervisor: nothing here is written to. */
export interface Sources {
  readonly repository: Repository;
  readonly database: KumaDatabase;
  readonly kumaVersion: string;
}

/** A command ends with Ctrl-C; restic has its own time limits. */
const never = new AbortController().signal;

export function openSources(config: Config): Sources {
  const { instanceName, kuma, restic, stateDir } = config;
  const kumaVersion = readKumaVersion(kuma.dir);
  return {
    repository: openRepository(restic, { instanceName }),
    database: openKumaDatabase({
      ...kumaPlace(kuma, kumaVersion),
      rules: () => rulesOf(config, peekRole(config.role, stateDir)),
    }),
    kumaVersion,
  };
}

/** All snapshots, ours and those of bash versions. @param limit milliseconds; restic's own limit when left out */
export function listSnapshots({ repository }: Sources, limit?: number): Promise<Result<Listing>> {
  return during("Reading the list of snapshots", () =>
    repository.listAll(limit === undefined ? never : AbortSignal.timeout(limit)),
  );
}

/** A snapshot, complete and verified as far as its maker allows. */
export async function download(
  { repository }: Sources,
  info: SnapshotInfo | BashSnapshot,
): Promise<Result<Snapshot>> {
  const fetched = await during(`Reading snapshot ${shortId(info.id)}`, () =>
    fetchAny({ repository, load }, info, never),
  );
  return fetched.ok ? success(fetched.value.snapshot) : fetched;
}

async function load(bytes: Uint8Array): Promise<Result<Snapshot & { readonly contentHash: string }>> {
  const decoded = decodeSnapshot(bytes);
  if (!decoded.ok) return decoded;
  return success({ ...decoded.value, contentHash: contentHash(decoded.value.content) });
}

/** The one that replicas apply: a bash version's only while there is none of ours. */
export function latestOf({ snapshots, bash }: Listing): SnapshotInfo | BashSnapshot | undefined {
  return chooseLatest(snapshots) ?? bash.at(-1);
}

/** The one snapshot that a person means by `latest` or the beginning of an id. */
function findSnapshot(listing: Listing, wanted: string): Result<SnapshotInfo | BashSnapshot> {
  const latest = latestOf(listing);
  const snapshots = [...listing.snapshots, ...listing.bash];
  if (latest === undefined)
    return failure({
      code: "nothing-published",
      message: "There is no snapshot in the repository yet.",
      advice: "Start a primary, or check that RESTIC_REPOSITORY is the one that it uses.",
    });
  const found = wanted === "latest" ? [latest] : snapshots.filter(({ id }) => matches(id, wanted));
  const [one, ...others] = found;
  if (one !== undefined && others.length === 0) return success(one);
  return failure({
    code: "no-such-snapshot",
    message:
      one === undefined
        ? `There is no snapshot ${JSON.stringify(wanted)} in the repository.`
        : `${found.length} snapshots begin with ${JSON.stringify(wanted)}.`,
    advice: "`replicator-kuma snapshots` lists them; write `latest`, or the first digits of an id.",
  });
}

function matches(id: string, wanted: string): boolean {
  return /^[0-9a-f]{1,64}$/.test(wanted) && (id.startsWith(wanted) || isSameSnapshot(id, wanted));
}

/** The snapshot that a person means, complete and verified. @param wanted `latest` or the beginning of an id */
export async function downloadWanted(
  sources: Sources,
  wanted: string,
): Promise<Result<{ info: SnapshotInfo | BashSnapshot; snapshot: Snapshot }>> {
  const listed = await listSnapshots(sources);
  if (!listed.ok) return listed;
  const info = findSnapshot(listed.value, wanted);
  if (!info.ok) return info;
  const snapshot = await download(sources, info.value);
  return snapshot.ok ? success({ info: info.value, snapshot: snapshot.value }) : snapshot;
}

/**
 * The configuration of the live Kuma, which has no origin yet, or of a snapshot. @param wanted `live`, `latest` or the
 * beginning of an id
 */
export async function readContent(
  sources: Sources,
  wanted: string,
): Promise<Result<{ name: string; content: Content; origin: Origin | undefined }>> {
  if (wanted === "live") {
    const read = await sources.database.read();
    return read.ok ? success({ name: "live", content: read.value, origin: undefined }) : read;
  }
  const found = await downloadWanted(sources, wanted);
  return found.ok ? success({ name: found.value.info.id, ...found.value.snapshot }) : found;
}
