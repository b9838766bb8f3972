import type { KumaDatabase } from "../../database/index.ts";
import type { Listener } from "../../events/index.ts";
import type { Repository, SnapshotInfo } from "../../repository/index.ts";
import { type Result, success } from "../../result.ts";
import { countChanges, encodeWhole, fingerprint, isSnapshotDefect } from "../../snapshot/index.ts";
import { fetchSnapshot } from "../apply/fetch.ts";
import { isSameSnapshot, type Place } from "../chain/lineage.ts";
import { type Reached, toReached } from "../chain/reached.ts";
import type { StateFile } from "../state/state-file.ts";
import { createPublishCheck } from "./publishable.ts";
import type { Held } from "./view.ts";

interface Parts {
  readonly database: Pick<KumaDatabase, "examine">;
  readonly repository: Pick<Repository, "publish" | "download">;
  readonly stateFile: StateFile;
  readonly instanceName: string;
  readonly kumaVersion: string;
  readonly emit: Listener;
}

/** Brings what Kuma holds into the repository, and remembers what the repository has of it. */
export interface Publication {
  /** Stores a new snapshot at that place of the chain. */
  publish(held: Held, place: Place, signal: AbortSignal): Promise<Result<"published">>;
  /**
   * Records a snapshot of our content as published by us. A publisher that is killed while it feeds restic can leave
   * one that is cut off, with the right tags, since restic takes the end of its input for the end of the content: so
   * one that we have not seen stored is verified first, and followed by a whole one when it is bad.
   * @param next where to publish then
   */
  record(
    held: Held,
    existing: { readonly latest: SnapshotInfo; readonly next: Place },
    signal: AbortSignal,
  ): Promise<Result<"recorded" | "published">>;
}

/** @param onPublished called once a snapshot is stored */
export function createPublication(parts: Parts, onPublished: () => void): Publication {
  const { repository, stateFile, instanceName, kumaVersion, emit } = parts;
  const checkContent = createPublishCheck(parts.database, emit);

  return {
    publish,
    record: async (held, { latest, next }, signal) => {
      if (isSameSnapshot(latest.id, stateFile.state.published?.snapshotId ?? "")) return success("recorded");
      const whole = await fetchSnapshot(repository, latest, signal);
      if (!whole.ok) return isSnapshotDefect(whole.problem) ? publish(held, next, signal) : whole;
      const written = remember(held.hash, fingerprint(held.content), toReached(latest));
      return written.ok ? success("recorded") : written;
    },
  };

  async function publish(
    { content, hash }: Held,
    { parent, generation }: Place,
    signal: AbortSignal,
  ): Promise<Result<"published">> {
    const checked = await checkContent(content);
    if (!checked.ok) return checked;
    const { instanceId, published } = stateFile.state;
    const createdAt = new Date().toISOString();
    const encoded = encodeWhole({ origin: { kumaVersion, instanceName, instanceId, createdAt }, content });
    if (!encoded.ok) return encoded;
    // Noted before restic runs: killed between restic's success and our note of it, we know our own at the next start.
    const noted = stateFile.update({ publishing: hash });
    if (!noted.ok) return noted;
    const stored = await repository.publish(
      { stream: encoded.value, contentHash: hash, instanceId, parent, generation },
      signal,
    );
    if (!stored.ok) return stored;
    onPublished();
    const { id } = stored.value;
    const after = fingerprint(content);
    const written = remember(hash, after, { snapshotId: id, generation, time: Date.now() });
    const changes = published && countChanges(published.fingerprint, after);
    emit({ type: "published", snapshot: { id, contentHash: hash, instanceName }, changes });
    return written.ok ? success("published") : written;
  }

  /** Notes what the repository now holds of us; whoever publishes is the primary. */
  function remember(hash: string, after: ReturnType<typeof fingerprint>, reached: Reached): Result<void> {
    return stateFile.update({
      published: { snapshotId: reached.snapshotId, contentHash: hash, at: Date.now(), fingerprint: after },
      publishing: undefined,
      roleLost: undefined,
      reached,
    });
  }
}
