import type { Role } from "../../config/index.ts";
import type { DatabaseWorker } from "../../database/index.ts";
import { shortId } from "../../format.ts";
import type { Supervisor } from "../../kuma/index.ts";
import type { BashSnapshot, Repository, SnapshotInfo } from "../../repository/index.ts";
import { failure, interrupted, type Problem, type Result, success } from "../../result.ts";
import type { Applier } from "../apply/applier.ts";
import { fetchAndApply } from "../apply/fetch.ts";
import type { Outcome } from "../apply/outcomes.ts";
import { isSameSnapshot } from "../chain/lineage.ts";
import type { CycleReason } from "../cycles.ts";
import type { Mutex } from "../mutex.ts";
import type { Publisher } from "../primary/publisher.ts";
import { type Adoption, type Follower, IS_PRIMARY } from "../replica/follower.ts";
import { forgetRefused, listRefused } from "../state/refused.ts";
import type { RoleSwitch } from "../state/role.ts";
import { rollBack } from "./roll-back.ts";
import { describeUnpublished, notPublished } from "./unpublished.ts";

/**
 * What a person can ask a running instance to do. Each waits for what runs before it, ends at once on a shutdown
 * (`signal`), and gives one sentence on how things are now; what happens on the way is emitted as events.
 */
export interface OperatorCommands {
  /**
   * Publishes, or checks for a snapshot, now.
   * @param retry also one that was refused here, or comes before what this instance has had; and into a repository that
   *   is empty or gone
   */
  sync(options: { retry: boolean }, signal: AbortSignal): Promise<Result<string>>;
  /** Undoes the last apply. @param changedAt the one that was previewed: no other is undone then */
  rollBack(options: { changedAt?: number | undefined }, signal: AbortSignal): Promise<Result<string>>;
  /** Goes back to a snapshot of the repository, and publishes that. @param snapshotId whole, 64 hex digits */
  restore(snapshotId: string, signal: AbortSignal): Promise<Result<string>>;
  /**
   * On a replica: takes its first snapshot, in place of what is here or beside it. @param snapshotId whole, 64 hex
   * digits
   */
  adopt(snapshotId: string, how: Adoption, signal: AbortSignal): Promise<Result<string>>;
  /** Takes the configuration out of an exported file. @param bytes an encoded snapshot */
  importSnapshot(bytes: Uint8Array, signal: AbortSignal): Promise<Result<string>>;
  /** Applies the latest snapshot, becomes the primary and publishes. @param asIs keep what is here instead */
  promote(options: PromoteOptions, signal: AbortSignal): Promise<Result<string>>;
  /**
   * Publishes what is not published yet, and becomes a replica.
   * @param discard also when that could not be published: it is given up
   */
  demote(options: { discard: boolean }, signal: AbortSignal): Promise<Result<string>>;
}

interface PromoteOptions {
  readonly asIs: boolean;
  /** What was added here alone becomes everybody's; else there must be none of that. */
  readonly shareLocal?: boolean | undefined;
}

interface Parts extends Omit<Parameters<typeof rollBack>[0], "database" | "kuma" | "role"> {
  readonly runExclusive: Mutex;
  /** One cycle in the role at work; whoever calls it here has the mutex already. */
  readonly cycle: (reason: CycleReason, signal: AbortSignal) => Promise<Result<void>>;
  readonly database: Pick<DatabaseWorker, "load" | "lastApply" | "readOwn" | "rollBack">;
  readonly repository: Pick<Repository, "listAll" | "download" | "downloadBash">;
  readonly kuma: Pick<Supervisor, "state" | "start" | "stop" | "untilReady">;
  readonly applier: Pick<Applier, "apply">;
  readonly follower: Follower;
  readonly publisher: Pick<Publisher, "claimRole" | "read">;
  readonly role: RoleSwitch;
  readonly onRoleChange: (role: Role) => void;
}

export function createOperatorCommands(parts: Parts): OperatorCommands {
  const { runExclusive, cycle, database, repository, kuma, applier, follower, publisher, role, stateFile } =
    parts;

  return {
    sync: ({ retry }, signal) =>
      runWhenReady(async () => {
        const cleared = retry ? forgetRefused(stateFile) : success(undefined);
        const done = cleared.ok ? await cycle(retry ? "retry" : "requested", signal) : cleared;
        return done.ok ? success(describeRefused()) : done;
      }),

    rollBack: ({ changedAt }, signal) => runExclusive(() => rollBack(parts, changedAt, signal)),

    restore: (snapshotId, signal) =>
      runWhenReady(async () => {
        const info = await find(snapshotId, signal);
        if (!info.ok) return info;
        return replaceContent(() => fetchAndApply(parts, info.value, signal), signal);
      }),

    adopt: (snapshotId, how, signal) =>
      runWhenReady(async () => {
        if (role.current === "primary") return failure(IS_PRIMARY);
        const info = await find(snapshotId, signal);
        return info.ok ? follower.adopt(info.value, how, signal) : info;
      }),

    importSnapshot: (bytes, signal) =>
      runWhenReady(async () => {
        const loaded = await database.load(bytes);
        if (!loaded.ok) return loaded;
        const { contentHash, origin } = loaded.value;
        const info = {
          id: `imported-${shortId(contentHash)}`,
          contentHash,
          instanceName: origin.instanceName,
        };
        return replaceContent(() => applier.apply(loaded.value, info, signal), signal);
      }),

    promote: (options, signal) => runWhenReady(() => promote(options, signal)),

    demote: ({ discard }, signal) => runWhenReady(() => demote(discard, signal)),
  };

  async function promote(
    { asIs, shareLocal = false }: PromoteOptions,
    signal: AbortSignal,
  ): Promise<Result<string>> {
    if (role.current === "primary" && !role.isLost) return success("This instance is the primary already.");
    const mayShare = shareLocal ? success(undefined) : await checkLocal();
    if (!mayShare.ok) return mayShare;
    const caughtUp = asIs ? success(undefined) : await catchUp(signal);
    if (!caughtUp.ok) return caughtUp;
    const changed = changeRole("primary");
    if (!changed.ok) return changed;
    publisher.claimRole();
    const published = await cycle("requested", signal);
    return success(
      published.ok
        ? "This instance is the primary now. Demote the former one, if it still runs."
        : `This instance is the primary now, but has not published yet: ${published.problem.message}`,
    );
  }

  async function checkLocal(): Promise<Result<void>> {
    const own = await database.readOwn();
    if (!own.ok) return own;
    const { monitors, others } = own.value.local;
    return monitors + others === 0 ? success(undefined) : failure(hasLocal(monitors, others));
  }

  async function demote(discard: boolean, signal: AbortSignal): Promise<Result<string>> {
    if (role.current === "replica") return success("This instance is a replica already.");
    const published = await cycle("requested", signal);
    if (signal.aborted) return failure(interrupted("The demotion"));
    const lost = published.ok ? undefined : await describeUnpublished(parts);
    if (!published.ok && lost !== undefined && !discard)
      return failure(notPublished(lost, published.problem));
    const changed = changeRole("replica");
    if (!changed.ok) return changed;
    const unpublished = lost === undefined ? "" : ` Not published, and given up: ${lost}.`;
    return success(`This instance is a replica now; promote another one, or nobody publishes.${unpublished}`);
  }

  function runWhenReady(work: () => Promise<Result<string>>): Promise<Result<string>> {
    return runExclusive(async () =>
      kuma.state.name === "ready" ? work() : failure(notReady(kuma.state.name)),
    );
  }

  async function find(snapshotId: string, signal: AbortSignal): Promise<Result<SnapshotInfo | BashSnapshot>> {
    const listed = await repository.listAll(signal);
    if (!listed.ok) return listed;
    const { snapshots, bash } = listed.value;
    const info = [...snapshots, ...bash].find(({ id }) => isSameSnapshot(id, snapshotId));
    return info === undefined ? failure(noSuchSnapshot(snapshotId)) : success(info);
  }

  function changeRole(to: Role): Result<void> {
    const changed = role.change(to);
    if (changed.ok) parts.onRoleChange(to);
    return changed;
  }

  /** For a primary: what is applied here is published at once, so that the replicas follow. */
  async function replaceContent(
    apply: () => Promise<Result<Outcome>>,
    signal: AbortSignal,
  ): Promise<Result<string>> {
    if (role.current === "replica") return failure(IS_REPLICA);
    const applied = await apply();
    if (!applied.ok) return applied;
    const published = await cycle("requested", signal);
    return success(
      published.ok
        ? "It is in place here and in the repository; the replicas follow."
        : `It is in place here, and will be published: ${published.problem.message}`,
    );
  }

  async function catchUp(signal: AbortSignal): Promise<Result<void>> {
    const followed = await follower.follow({ reapply: true, acceptLoss: false }, signal);
    const refused = describeRefused();
    return followed.ok && refused !== "" ? failure(latestRefused(refused)) : followed;
  }

  /** Names the latest of the snapshots that this instance will not take; empty when there is none. */
  function describeRefused(): string {
    const last = listRefused(stateFile.state).at(-1);
    if (last === undefined || role.current === "primary") return "";
    return `Snapshot ${shortId(last.snapshotId)} is not taken here: ${last.reason}`;
  }
}

export const IS_REPLICA: Problem = {
  code: "is-replica",
  message: "This instance is a replica: what is changed here is overwritten by the primary's next snapshot.",
  advice: "Do it on the primary (`replicator-kuma status` names it), or promote this instance first.",
};

function notReady(state: string): Problem {
  return {
    code: "kuma-not-ready",
    message: `Uptime Kuma is not ready (${state}), so nothing was done.`,
    advice: "Try again once `replicator-kuma status` says ready; if it crashes again and again, see its log.",
  };
}

function noSuchSnapshot(id: string): Problem {
  return {
    code: "no-such-snapshot",
    message: `There is no snapshot ${shortId(id)} in the repository.`,
    advice: "`replicator-kuma snapshots` lists those there are.",
  };
}

function hasLocal(monitors: number, others: number): Problem {
  return {
    code: "has-local-entries",
    message: `Not promoted: entries are here alone (monitors: ${monitors}, others: ${others}), and a primary has nothing of its own.`,
    advice:
      "`promote --share-local` gives them to every replica; delete those in Uptime Kuma that shall not be.",
  };
}

function latestRefused(which: string): Problem {
  return {
    code: "snapshot-refused",
    message: `Not promoted. ${which}`,
    advice: "`sync --retry` tries it once more; `promote --as-is` keeps what is here and takes over.",
  };
}
