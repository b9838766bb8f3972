import type { Config } from "../../config/index.ts";
import type { DatabaseWorker } from "../../database/index.ts";
import type { Listener } from "../../events/index.ts";
import { shortId } from "../../format.ts";
import type { BashSnapshot, Repository, SnapshotInfo } from "../../repository/index.ts";
import { failure, type Problem, type Result, success } from "../../result.ts";
import type { Applier } from "../apply/applier.ts";
import { bashName, fetchAndApply, fetchAny } from "../apply/fetch.ts";
import { nameOnly, type Outcome } from "../apply/outcomes.ts";
import { type ChainSources, type Found, findLatest } from "../chain/latest.ts";
import { isSameSnapshot } from "../chain/lineage.ts";
import { findReached, isBehind, refuseToGoBack, rememberReached } from "../chain/reached.ts";
import { forgetRefused, isRefused } from "../state/refused.ts";
import { describeLost, notAdopted } from "./first-contact.ts";

interface Parts extends ChainSources {
  readonly repository: Pick<Repository, "listAll" | "download" | "downloadBash">;
  readonly database: Pick<DatabaseWorker, "lastApply" | "load" | "meet">;
  readonly applier: Pick<Applier, "apply" | "applyBeside">;
  /** What becomes of a configuration of its own that the first snapshot does not have. */
  readonly adopt: Config["adopt"];
  /** Whether something here may be this instance's own. */
  readonly keepsLocal: boolean;
  /** Is given what each cycle finds. */
  readonly reportBash: (found: Found) => void;
  readonly instanceName: string;
  readonly emit: Listener;
}

type FoundSnapshot = Extract<Found, { kind: "snapshot" }>;

/** What becomes of a configuration of its own: it goes, or it stays beside the snapshot as this instance's own. */
export type Adoption = "replace" | "keep";

/** The cycle of a replica. */
export interface Follower {
  /**
   * Finds the latest snapshot and applies it when it is not the one applied last.
   * @param options.reapply apply it even then: a restart brings back what was changed here by hand
   * @param options.acceptLoss also one that comes before what this instance has had; else it never goes backwards along
   *   the chain
   */
  follow(options: { reapply: boolean; acceptLoss: boolean }, signal: AbortSignal): Promise<Result<void>>;
  /**
   * Takes the first snapshot, because a person who was shown what becomes of their own configuration has asked for it.
   * @returns one sentence on how things are now
   */
  adopt(info: SnapshotInfo | BashSnapshot, how: Adoption, signal: AbortSignal): Promise<Result<string>>;
}

export function createFollower(parts: Parts): Follower {
  const { repository, database, stateFile, applier, instanceName, emit } = parts;
  let hasWarned = false;

  return {
    follow: async (options, signal) => {
      const found = await findLatest(parts, false, signal);
      if (!found.ok) return found;
      parts.reportBash(found.value);
      if (found.value.kind === "snapshot") return followTo(found.value, options, signal);
      if (found.value.kind === "bash") return followBash(found.value.bash, options.reapply, signal);
      emit({ type: "nothing-published-yet", found: found.value.kind });
      return success(undefined);
    },

    adopt: async (info, how, signal) => {
      if (how === "keep" && !parts.keepsLocal) return failure(KEEPS_NOTHING);
      const last = await database.lastApply();
      if (!last.ok) return last;
      if (last.value !== undefined) return success(NOTHING_TO_ADOPT);
      // Perhaps this very one was undone before: now it is wanted.
      const cleared = forgetRefused(stateFile);
      if (!cleared.ok) return cleared;
      const applied = await fetchAndApplyFirst(info, how, signal);
      const done = "madeBy" in info ? withoutOutcome(applied) : remember(info, applied);
      return done.ok ? success("This instance follows the primary from now on.") : done;
    },
  };

  async function followTo(
    found: FoundSnapshot,
    { reapply, acceptLoss }: { reapply: boolean; acceptLoss: boolean },
    signal: AbortSignal,
  ): Promise<Result<void>> {
    const { latest } = found;
    const last = await database.lastApply();
    if (!last.ok) return last;
    const isApplied = last.value !== undefined && isSameSnapshot(last.value.snapshotId, latest.id);
    emit({ type: "repository-checked", latest, agrees: isApplied });
    warnOfNamesake(latest);
    const placed = isApplied ? rememberWhereApplied(found) : checkWayForward(found, acceptLoss);
    if (!placed.ok) return placed;
    if (isRefused(stateFile, latest.id) || (isApplied && !reapply)) {
      emit({ type: "unchanged", role: "replica" });
      return success(undefined);
    }
    return remember(latest, await bringTo(latest, last.value === undefined, signal));
  }

  /**
   * While nothing of ours is in the repository, the latest of a bash version is applied as its own replicas do it: so
   * replicas can change over before their primary. It has no place in the chain, and is not remembered as reached.
   */
  async function followBash(
    bash: BashSnapshot,
    reapply: boolean,
    signal: AbortSignal,
  ): Promise<Result<void>> {
    const last = await database.lastApply();
    if (!last.ok) return last;
    const id = bashName(bash.id);
    if (isRefused(stateFile, id) || (last.value?.snapshotId === id && !reapply)) {
      emit({ type: "unchanged", role: "replica" });
      return success(undefined);
    }
    return withoutOutcome(await bringTo(bash, last.value === undefined, signal));
  }

  function bringTo(
    info: SnapshotInfo | BashSnapshot,
    isFirst: boolean,
    signal: AbortSignal,
  ): Promise<Result<Outcome>> {
    return isFirst ? fetchAndApplyFirst(info, parts.adopt, signal) : fetchAndApply(parts, info, signal);
  }

  function checkWayForward({ latest, snapshots, known }: FoundSnapshot, acceptLoss: boolean): Result<void> {
    const reached = findReached(stateFile.state, snapshots, known);
    const goesBack = reached !== undefined && isBehind(latest, snapshots, reached);
    return goesBack && !acceptLoss ? refuseToGoBack(latest, reached) : success(undefined);
  }

  /** What is applied is what was reached, unless a person has gone back to it. */
  function rememberWhereApplied({ latest, snapshots, known }: FoundSnapshot): Result<void> {
    const reached = findReached(stateFile.state, snapshots, known);
    return isBehind(latest, snapshots, reached) ? success(undefined) : rememberReached(stateFile, latest);
  }

  /** A replica that a command had made primary, and that has lost its state, follows itself: nobody publishes. */
  function warnOfNamesake(latest: SnapshotInfo): void {
    const { instanceId, roleLost } = stateFile.state;
    const isNamesake = latest.instanceName === instanceName && latest.instanceId !== instanceId;
    if (!isNamesake || roleLost || hasWarned) return;
    hasWarned = true;
    const name = JSON.stringify(instanceName);
    const message = `The latest snapshot ${shortId(latest.id)} is by an instance of this one's name (${name}) but not of its id: this one was the primary and has lost its state folder, or two instances bear one name. It is a replica now. If it is to be the primary: \`replicator-kuma promote\`, or nobody publishes.`;
    emit({ type: "warning", message });
  }

  /**
   * Applies a snapshot to a database that has no record of ours, unless that would cost somebody a configuration of
   * their own. What it does cost is reported once it is in place.
   * @param consent "replace": a person has agreed to what is lost; "keep": nothing is
   */
  async function fetchAndApplyFirst(
    info: SnapshotInfo | BashSnapshot,
    consent: Config["adopt"] | Adoption,
    signal: AbortSignal,
  ): Promise<Result<Outcome>> {
    const fetched = await fetchAny({ repository, load: database.load }, info, signal);
    if (!fetched.ok) return fetched;
    const { snapshot, name } = fetched.value;
    if (consent === "keep") return applier.applyBeside(snapshot, name, signal);
    const met = await database.meet(snapshot);
    if (!met.ok) return met;
    const { kind, lost } = met.value;
    if (kind === "stranger" && consent === "ask") return failure(notAdopted(name, lost));
    const applied = await applier.apply(snapshot, name, signal);
    if (applied.ok && applied.value === "applied" && lost.length > 0) {
      emit({ type: "replaced", snapshot: nameOnly(name), lost: describeLost(lost) });
    }
    return applied;
  }

  function remember(info: SnapshotInfo, outcome: Result<Outcome>): Result<void> {
    if (!outcome.ok) return outcome;
    return outcome.value === "applied" ? rememberReached(stateFile, info) : success(undefined);
  }
}

function withoutOutcome(done: Result<Outcome>): Result<void> {
  return done.ok ? success(undefined) : done;
}

export const NOTHING_TO_ADOPT = "This instance follows the primary already: there is nothing to adopt.";

export const KEEPS_NOTHING: Problem = {
  code: "keeps-nothing",
  message: "REPLICATOR_LOCAL is not on, so this replica can keep nothing of its own: nothing was changed.",
  advice:
    "Set REPLICATOR_LOCAL=true, restart the container and try again; or `adopt --replace` gives up what is here.",
};

export const IS_PRIMARY: Problem = {
  code: "is-primary",
  message: "This instance is the primary: it publishes what it has, and takes over nothing.",
  advice: "`replicator-kuma demote` makes it a replica; `restore` goes back to a snapshot.",
};
