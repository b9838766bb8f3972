import type { DatabaseWorker, Reading } from "../../database/index.ts";
import type { Listener } from "../../events/index.ts";
import type { Repository, SnapshotInfo } from "../../repository/index.ts";
import { type Result, success } from "../../result.ts";
import { isSnapshotDefect } from "../../snapshot/index.ts";
import { fetchSnapshot } from "../apply/fetch.ts";
import { isSameSnapshot, type Place } from "../chain/lineage.ts";
import { type Reached, toReached } from "../chain/reached.ts";
import type { FingerprintFile } from "../state/fingerprint-file.ts";
import type { StateFile } from "../state/state-file.ts";
import { createPublishCheck } from "./publishable.ts";

interface Parts {
  readonly database: Pick<DatabaseWorker, "read" | "load">;
  readonly repository: Pick<Repository, "publish" | "download">;
  readonly stateFile: StateFile;
  readonly fingerprintFile: FingerprintFile;
  readonly instanceName: string;
  readonly kumaVersion: string;
  readonly emit: Listener;
}

/** Brings what Kuma holds into the repository, and remembers what the repository has of it. */
export interface Publication {
  /** What Kuma holds now. */
  read(): Promise<Result<Reading>>;
  /** Stores a new snapshot at that place of the chain. */
  publish(held: Reading, place: Place, signal: AbortSignal): Promise<Result<"published">>;
  /**
   * Records a snapshot of our content as published by us. A publisher that is killed while it feeds restic can leave
   * one that is cut off, with the right tags, since restic takes the end of its input for the end of the content: so
   * one that we have not seen stored is verified first, and followed by a whole one when it is bad.
   * @param next where to publish then
   */
  record(
    held: Reading,
    existing: { readonly latest: SnapshotInfo; readonly next: Place },
    signal: AbortSignal,
  ): Promise<Result<"recorded" | "published">>;
}

/** @param onPublished called once a snapshot is stored */
export function createPublication(parts: Parts, onPublished: () => void): Publication {
  const { database, repository, stateFile, fingerprintFile, instanceName, kumaVersion, emit } = parts;
  const check = createPublishCheck(emit);

  return {
    read: async () => {
      const { instanceId, published } = stateFile.state;
      const createdAt = new Date().toISOString();
      const fingerprint = published && (await fingerprintFile.read());
      const before = published && fingerprint && { contentHash: published.contentHash, fingerprint };
      return database.read({ kumaVersion, instanceName, instanceId, createdAt }, before);
    },
    publish,
    record: async (held, { latest, next }, signal) => {
      if (isSameSnapshot(latest.id, stateFile.state.published?.snapshotId ?? "")) return success("recorded");
      const whole = await fetchSnapshot({ repository, load: database.load }, latest, signal);
      if (!whole.ok) return isSnapshotDefect(whole.problem) ? publish(held, next, signal) : whole;
      const written = await remember(held, toReached(latest));
      return written.ok ? success("recorded") : written;
    },
  };

  async function publish(
    held: Reading,
    { parent, generation }: Place,
    signal: AbortSignal,
  ): Promise<Result<"published">> {
    const checked = check(held.examination);
    if (!checked.ok) return checked;
    const { bytes, contentHash, changes, named } = held;
    // Noted before restic runs: killed between restic's success and our note of it, we know our own at the next start.
    const noted = stateFile.update({ publishing: contentHash });
    if (!noted.ok) return noted;
    const { instanceId } = stateFile.state;
    const stored = await repository.publish(
      { stream: [bytes], contentHash, instanceId, parent, generation },
      signal,
    );
    if (!stored.ok) return stored;
    onPublished();
    const { id } = stored.value;
    const written = await remember(held, { snapshotId: id, generation, time: Date.now() });
    emit({
      type: "published",
      snapshot: { id, contentHash, instanceName },
      changes,
      ...(named && { named }),
    });
    return written.ok ? success("published") : written;
  }

  /** Notes what the repository now holds of us; whoever publishes is the primary. */
  async function remember({ contentHash, fingerprint }: Reading, reached: Reached): Promise<Result<void>> {
    const written = stateFile.update({
      published: { snapshotId: reached.snapshotId, contentHash, at: Date.now(), fingerprint: {} },
      publishing: undefined,
      roleLost: undefined,
      reached,
    });
    await fingerprintFile.write(fingerprint);
    return written;
  }
}
