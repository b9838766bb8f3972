import { steadyNow } from "../clock.ts";
import { shortId } from "../format.ts";
import type { SnapshotInfo } from "../repository/index.ts";
import { failure, type Problem, type Result, success } from "../result.ts";
import {
  type Content,
  contentHash,
  countChanges,
  encodeWhole,
  fingerprint,
  isSnapshotDefect,
} from "../snapshot/index.ts";
import { applySnapshot } from "./apply.ts";
import type { Context } from "./context.ts";
import { fetchSnapshot } from "./fetch.ts";
import { type Found, findLatest } from "./latest.ts";
import { decide, isSameSnapshot, type Place } from "./lineage.ts";
import { createPublishCheck } from "./publishable.ts";
import { type Reached, rememberApplied, toReached } from "./reached.ts";
import { isRefused } from "./refused.ts";
import { viewOf } from "./view.ts";

/** How long an unchanged primary trusts the repository unseen, milliseconds. */
const REPOSITORY_CHECK_INTERVAL = 60 * 60_000;

/** The cycle of a primary. */
export interface Publisher {
  /**
   * @param look ask the repository even when nothing changed here
   * @param accept begin anew in a repository that is empty or gone, though this instance has published before
   */
  publish(signal: AbortSignal, options: { checkRepository: boolean; accept: boolean }): Promise<Result<void>>;
  /** The next publish goes onto whatever the repository has, also with the same content; good for one publish. */
  forceNextPublish(): void;
}

/**
 * Makes the cycle of a primary: reads the content and, when it differs from what was published last, publishes it onto
 * the repository's latest snapshot, if that is an ancestor of ours. An unchanged content costs no request.
 */
export function createPublisher(context: Context): Publisher {
  const { config, database, repository, stateFile, emit } = context;
  let checkedAt = Number.NEGATIVE_INFINITY;
  /** Asked for on purpose, and good for one publish. */
  let allowTakeover = config.takeover;
  let isForced = false;
  const checkContent = createPublishCheck(context);

  return {
    publish: publishChanges,
    forceNextPublish: () => {
      isForced = true;
    },
  };

  async function publishChanges(
    signal: AbortSignal,
    { checkRepository, accept }: { checkRepository: boolean; accept: boolean },
  ): Promise<Result<void>> {
    const isDue = checkRepository || isForced || steadyNow() - checkedAt >= REPOSITORY_CHECK_INTERVAL;
    if (!isDue) {
      const now = await database.hash();
      if (!now.ok) return now;
      if (now.value === stateFile.state.published?.contentHash) return unchanged();
    }
    const read = await database.read();
    if (!read.ok) return read;
    const done = await lookAndDecide(read.value, accept, signal);
    // What failed is looked at again in the next cycle: else an unchanged content would pass for a recovery.
    checkedAt = done.ok ? steadyNow() : Number.NEGATIVE_INFINITY;
    return done;
  }

  async function lookAndDecide(
    content: Content,
    accept: boolean,
    signal: AbortSignal,
  ): Promise<Result<void>> {
    const hash = contentHash(content);
    const found = await findOrCreate(accept, signal);
    if (!found.ok) return found;
    const latest = found.value.kind === "snapshot" ? found.value.latest : undefined;
    if (latest !== undefined)
      emit({ type: "repository-checked", latest, agrees: latest.contentHash === hash });
    const view = await viewOf(context, { content, hash, takeover: allowTakeover, isForced }, found.value);
    if (!view.ok) return view;
    const decision = decide(view.value, latest);
    switch (decision.do) {
      case "nothing":
        return unchanged();
      case "adopt":
        return adopt(decision, content, hash, signal);
      case "restore":
        return restore(decision.latest, signal);
      case "refuse":
        return failure(decision.problem);
      case "publish":
        return publish(content, hash, decision, signal);
    }
  }

  function unchanged(): Result<void> {
    emit({ type: "unchanged", role: "primary" });
    return success(undefined);
  }

  async function findOrCreate(accept: boolean, signal: AbortSignal): Promise<Result<Found>> {
    const found = await findLatest(context, { accept }, signal);
    if (!found.ok || found.value.kind !== "no-repository") return found;
    const created = await repository.create(signal);
    if (!created.ok) return created;
    emit({ type: "repository-created" });
    return found;
  }

  /** Takes over what the repository has, into a Kuma in which nothing is configured. */
  async function restore(latest: SnapshotInfo, signal: AbortSignal): Promise<Result<void>> {
    if (isRefused(stateFile, latest.id)) return failure(refusedHere(latest));
    const done = await applySnapshot(context, latest, signal);
    return done.ok ? rememberApplied(context, latest) : done;
  }

  /**
   * Takes a snapshot with our content for our own. A publisher that is killed while it feeds restic can leave one that
   * is cut off, with the right tags, since restic takes the end of its input for the end of the content: so one that
   * we have not seen stored is looked at first, and followed by a whole one when it is bad.
   */
  async function adopt(
    { latest, next }: { readonly latest: SnapshotInfo; readonly next: Place },
    content: Content,
    hash: string,
    signal: AbortSignal,
  ): Promise<Result<void>> {
    if (isSameSnapshot(latest.id, stateFile.state.published?.snapshotId ?? "")) return unchanged();
    const whole = await fetchSnapshot(context, latest, signal);
    if (whole.ok) return remember(toReached(latest), content, hash, unchanged);
    return isSnapshotDefect(whole.problem) ? publish(content, hash, next, signal) : whole;
  }

  async function publish(
    content: Content,
    hash: string,
    { parent, generation }: Place,
    signal: AbortSignal,
  ): Promise<Result<void>> {
    const fit = await checkContent(content);
    if (!fit.ok) return fit;
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
      { stream: encoded.value, contentHash: hash, instanceId, parent, generation },
      signal,
    );
    if (!stored.ok) return stored;
    allowTakeover = false;
    isForced = false;
    const { id } = stored.value;
    const before = stateFile.state.published?.fingerprint;
    return remember({ snapshotId: id, generation, time: Date.now() }, content, hash, (after) => {
      const changes = before && countChanges(before, after);
      emit({ type: "published", snapshot: { id, contentHash: hash, instanceName }, changes });
      return success(undefined);
    });
  }

  /** Notes what the repository now holds of us, then tells it. */
  function remember(
    reached: Reached,
    content: Content,
    hash: string,
    tell: (after: ReturnType<typeof fingerprint>) => Result<void>,
  ): Result<void> {
    const after = fingerprint(content);
    const written = stateFile.update({
      published: { snapshotId: reached.snapshotId, contentHash: hash, at: Date.now(), fingerprint: after },
      publishing: undefined,
      reached,
    });
    tell(after);
    return written;
  }
}

function refusedHere({ id }: SnapshotInfo): Problem {
  return {
    code: "snapshot-refused",
    message: `Nothing is configured here, and the repository's latest snapshot ${shortId(id)} is not taken: it was refused or undone here before.`,
    advice:
      "`replicator-kuma sync --retry` tries it once more; `replicator-kuma restore SNAPSHOT` takes an earlier one.",
  };
}
