import type { SnapshotInfo } from "../repository/index.ts";
import { failure, type Result, success } from "../result.ts";
import { type Content, contentHash, countChanges, encodeWhole, fingerprint } from "../snapshot/index.ts";
import { applySnapshot } from "./apply.ts";
import type { Context } from "./context.ts";
import { fetchSnapshot } from "./fetch.ts";
import { findLatest } from "./latest.ts";
import { decide, isSameSnapshot } from "./lineage.ts";

/** How long an unchanged primary trusts the repository unseen, milliseconds. */
const LOOK_EVERY = 60 * 60_000;

/** The cycle of a primary. */
export interface Publisher {
  /** @param look ask the repository even when nothing changed here */
  publish(signal: AbortSignal, options: { look: boolean }): Promise<Result<void>>;
  /** The next publish goes onto whatever the repository has, also with the same content; good for one publish. */
  claim(): void;
}

/**
 * Makes the cycle of a primary: reads the content and, when it differs from what was published last, publishes it onto
 * the repository's latest snapshot, if that is an ancestor of ours. An unchanged content costs no request.
 */
export function createPublisher(context: Context): Publisher {
  const { config, database, repository, stateFile, emit } = context;
  let lookedAt = Number.NEGATIVE_INFINITY;
  /** Asked for on purpose, and good for one publish. */
  let mayTakeOver = config.takeover;
  let mustClaim = false;
  let sawMonitors = false;

  return {
    publish: publishChanges,
    claim: () => {
      mustClaim = true;
    },
  };

  async function publishChanges(signal: AbortSignal, { look }: { look: boolean }): Promise<Result<void>> {
    const isDue = look || mustClaim || Date.now() - lookedAt >= LOOK_EVERY;
    if (!isDue) {
      const now = database.hash();
      if (!now.ok) return now;
      if (now.value === stateFile.state.published?.contentHash) return unchanged();
    }
    const read = database.read();
    if (!read.ok) return read;
    const content = read.value;
    const hash = contentHash(content);
    sawMonitors ||= countRows(content, "monitor") > 0;

    const found = await findOrCreate(signal);
    if (!found.ok) return found;
    lookedAt = Date.now();
    const latest = found.value;
    if (latest !== undefined) emit({ type: "repository-seen", latest, agrees: latest.contentHash === hash });
    const known = knownSnapshots(latest);
    if (!known.ok) return known;
    const decision = decide(
      {
        contentHash: hash,
        neverHadMonitors: !sawMonitors,
        isEmpty: content.tables.every(({ rows }) => rows.length === 0),
        known: known.value,
        takeover: mayTakeOver,
        claim: mustClaim,
      },
      latest,
    );
    switch (decision.do) {
      case "nothing":
        return unchanged();
      case "adopt":
        return adopt(decision.latest, content, hash, signal);
      case "restore":
        return applySnapshot(context, decision.latest, signal);
      case "refuse":
        return failure(decision.problem);
      case "publish":
        return publish(content, hash, decision.parent, signal);
    }
  }

  function unchanged(): Result<void> {
    emit({ type: "unchanged", role: "primary" });
    return success(undefined);
  }

  async function findOrCreate(signal: AbortSignal): Promise<Result<SnapshotInfo | undefined>> {
    const found = await findLatest(repository, signal);
    if (found.ok || found.problem.code !== "repository-missing" || !config.createRepository) return found;
    const created = await repository.create(signal);
    if (!created.ok) return created;
    emit({ type: "repository-created" });
    return success(undefined);
  }

  /** What this instance published or applied last, and what it was publishing when it was killed. */
  function knownSnapshots(latest: SnapshotInfo | undefined): Result<string[]> {
    const applied = database.lastApply();
    if (!applied.ok) return applied;
    const { published, publishing, instanceId } = stateFile.state;
    const wasPublishing = latest?.instanceId === instanceId && latest.contentHash === publishing;
    return success(
      [published?.snapshotId, applied.value?.snapshotId, wasPublishing ? latest.id : undefined].filter(
        (id) => id !== undefined,
      ),
    );
  }

  /**
   * Takes a snapshot with our content for our own. A publisher that is killed while it feeds restic can leave one that
   * is cut off, with the right tags, since restic takes the end of its input for the end of the content: so one that
   * we have not seen stored is looked at first, and followed by a whole one when it is bad.
   */
  async function adopt(
    latest: SnapshotInfo,
    content: Content,
    hash: string,
    signal: AbortSignal,
  ): Promise<Result<void>> {
    if (isSameSnapshot(latest.id, stateFile.state.published?.snapshotId ?? "")) return unchanged();
    const whole = await fetchSnapshot(context, latest, signal);
    if (whole.ok) return remember(latest.id, content, hash, unchanged);
    return whole.problem.code.startsWith("snapshot-") ? publish(content, hash, latest.id, signal) : whole;
  }

  async function publish(
    content: Content,
    hash: string,
    parent: string | undefined,
    signal: AbortSignal,
  ): Promise<Result<void>> {
    const { instanceId } = stateFile.state;
    const { instanceName } = config;
    const origin = {
      kumaVersion: context.kumaVersion,
      instanceName,
      instanceId,
      createdAt: new Date().toISOString(),
    };
    const encoded = encodeWhole({ origin, content });
    if (!encoded.ok) return encoded;
    // Noted before restic runs: killed between restic's success and our note of it, we know our own at the next start.
    const noted = stateFile.update({ publishing: hash });
    if (!noted.ok) return noted;
    const stored = await repository.publish(
      { stream: encoded.value, contentHash: hash, instanceId, parent },
      signal,
    );
    if (!stored.ok) return stored;
    mayTakeOver = false;
    mustClaim = false;
    const { id } = stored.value;
    const before = stateFile.state.published?.fingerprint;
    return remember(id, content, hash, (after) => {
      const changes = before && countChanges(before, after);
      emit({ type: "published", snapshot: { id, contentHash: hash, instanceName }, changes });
      return success(undefined);
    });
  }

  /** Notes what the repository now holds of us, then tells it. */
  function remember(
    snapshotId: string,
    content: Content,
    hash: string,
    tell: (after: ReturnType<typeof fingerprint>) => Result<void>,
  ): Result<void> {
    const after = fingerprint(content);
    const written = stateFile.update({
      published: { snapshotId, contentHash: hash, at: Date.now(), fingerprint: after },
      publishing: undefined,
    });
    tell(after);
    return written;
  }
}

function countRows(content: Content, table: string): number {
  return content.tables.find(({ name }) => name === table)?.rows.length ?? 0;
}
