import { steadyNow } from "../../clock.ts";
import type { DatabaseWorker, Reading } from "../../database/index.ts";
import { shortId } from "../../format.ts";
import type { BashSnapshot, Repository, SnapshotInfo } from "../../repository/index.ts";
import { failure, type Problem, type Result, success } from "../../result.ts";
import type { Applier } from "../apply/applier.ts";
import { bashName, fetchAndApply } from "../apply/fetch.ts";
import { type ChainSources, type Found, findLatest } from "../chain/latest.ts";
import { type Claim, type Decision, decide } from "../chain/lineage.ts";
import { rememberReached } from "../chain/reached.ts";
import type { CycleReason } from "../cycles.ts";
import { isRefused } from "../state/refused.ts";
import { createPublication } from "./publication.ts";
import { viewOf } from "./view.ts";

/** How long an unchanged primary trusts the repository unseen, milliseconds. */
const REPOSITORY_CHECK_INTERVAL = 60 * 60_000;

interface Parts
  extends ChainSources,
    Omit<Parameters<typeof createPublication>[0], "database" | "repository"> {
  readonly repository: Pick<Repository, "listAll" | "download" | "downloadBash" | "publish" | "create">;
  readonly database: Pick<DatabaseWorker, "hash" | "read" | "load" | "isUntouched" | "lastApply">;
  readonly applier: Pick<Applier, "apply">;
  /** A person asked at this start to take the repository over. */
  readonly takeover: boolean;
  /** Is given what each cycle finds. */
  readonly reportBash: (found: Found) => void;
}

/** The cycle of a primary. */
export interface Publisher {
  /**
   * Publishes what Kuma holds when it differs from what was published last, onto the repository's latest snapshot, if
   * that is an ancestor of ours. An unchanged content costs no request, but for one an hour, or when a person asks.
   */
  publish(reason: CycleReason, signal: AbortSignal): Promise<Result<void>>;
  /** What Kuma holds now, and how it differs from what was published last. */
  read(): Promise<Result<Reading>>;
  /** This instance was promoted: the next publish goes onto whatever the repository has, also with the same content. */
  claimRole(): void;
}

export function createPublisher(parts: Parts): Publisher {
  const { database, repository, stateFile, emit } = parts;
  let checkedAt = Number.NEGATIVE_INFINITY;
  let claim: Claim = parts.takeover ? "takeover" : "none";
  const publication = createPublication(parts, () => {
    claim = "none";
  });

  return {
    publish: async (reason, signal) => {
      if (!isCheckDue(reason)) {
        const now = await database.hash();
        if (!now.ok) return now;
        if (now.value === stateFile.state.published?.contentHash) return reportUnchanged();
      }
      const held = await publication.read();
      if (!held.ok) return held;
      const done = await publishHeld(held.value, reason === "retry", signal);
      // After a failure the next cycle checks again: else an unchanged content would pass for a recovery.
      checkedAt = done.ok ? steadyNow() : Number.NEGATIVE_INFINITY;
      return done;
    },
    read: publication.read,
    claimRole: () => {
      claim = "promotion";
    },
  };

  function isCheckDue(reason: CycleReason): boolean {
    const isOld = steadyNow() - checkedAt >= REPOSITORY_CHECK_INTERVAL;
    return reason !== "scheduled" || claim === "promotion" || isOld;
  }

  async function publishHeld(held: Reading, acceptLoss: boolean, signal: AbortSignal): Promise<Result<void>> {
    const found = await findOrCreate(acceptLoss, signal);
    if (!found.ok) return found;
    const latest = found.value.kind === "snapshot" ? found.value.latest : undefined;
    parts.reportBash(found.value);
    if (latest !== undefined)
      emit({ type: "repository-checked", latest, agrees: latest.contentHash === held.contentHash });
    const view = await viewOf(parts, held, found.value, claim);
    return view.ok ? carryOut(decide(view.value, latest), held, signal) : view;
  }

  async function findOrCreate(acceptLoss: boolean, signal: AbortSignal): Promise<Result<Found>> {
    const found = await findLatest(parts, acceptLoss, signal);
    if (!found.ok || found.value.kind !== "no-repository") return found;
    const created = await repository.create(signal);
    if (!created.ok) return created;
    emit({ type: "repository-created" });
    return found;
  }

  async function carryOut(decision: Decision, held: Reading, signal: AbortSignal): Promise<Result<void>> {
    switch (decision.do) {
      case "nothing":
        return reportUnchanged();
      case "record":
        return conclude(await publication.record(held, decision, signal));
      case "publish":
        return conclude(await publication.publish(held, decision, signal));
      case "restore":
        return restore(decision.latest, signal);
      case "refuse":
        return failure(decision.problem);
    }
  }

  function conclude(done: Result<"recorded" | "published">): Result<void> {
    if (!done.ok) return done;
    return done.value === "recorded" ? reportUnchanged() : success(undefined);
  }

  function reportUnchanged(): Result<void> {
    emit({ type: "unchanged", role: "primary" });
    return success(undefined);
  }

  /** Brings what the repository has into a Kuma in which nothing is configured. */
  async function restore(latest: SnapshotInfo | BashSnapshot, signal: AbortSignal): Promise<Result<void>> {
    const isBash = "madeBy" in latest;
    if (isRefused(stateFile, isBash ? bashName(latest.id) : latest.id)) return failure(refusedHere(latest));
    const done = await fetchAndApply(parts, latest, signal);
    if (!done.ok) return done;
    return done.value === "applied" && !isBash ? rememberReached(stateFile, latest) : success(undefined);
  }
}

function refusedHere({ id }: Pick<SnapshotInfo, "id">): Problem {
  return {
    code: "snapshot-refused",
    message: `Nothing is configured here, and the repository's latest snapshot ${shortId(id)} is not taken: it was refused or undone here before.`,
    advice:
      "`replicator-kuma sync --retry` tries it once more; `replicator-kuma restore SNAPSHOT` takes an earlier one.",
  };
}
