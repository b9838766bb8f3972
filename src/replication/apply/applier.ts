import { setTimeout as sleep } from "node:timers/promises";
import { steadyNow } from "../../clock.ts";
import type { ApplyWay } from "../../config/index.ts";
import type { DatabaseWorker, LoadedSnapshot, PlanSummary } from "../../database/index.ts";
import type { SnapshotName } from "../../events/index.ts";
import type { Supervisor } from "../../kuma/index.ts";
import { failure, interrupted, type Problem, type Result, success } from "../../result.ts";
import { applyLive, type LiveOutcome, type LiveWork } from "./live.ts";
import { createOutcomes, type Outcome, type OutcomeParts } from "./outcomes.ts";

/** What an applier works on. */
interface Parts extends OutcomeParts {
  readonly database: DatabaseWorker;
  readonly kuma: Pick<Supervisor, "state" | "start" | "stop" | "startAndVerify" | "channel" | "untilReady">;
  /** With "live" Kuma is restarted only where that is not possible, or does not show that Kuma runs with it. */
  readonly way: ApplyWay;
  /** Is asked before a Kuma that runs is restarted: others may be about to restart theirs as well. */
  readonly waitForTurn: (snapshotId: string, signal: AbortSignal) => Promise<void>;
}

/** Brings this instance's Kuma to a snapshot, and sees to it that Kuma runs with that, or with what was before. */
export interface Applier {
  /**
   * Brings this instance to a snapshot. All that can fail without touching Kuma comes first, while it runs; a plan that
   * changes nothing ends there. Then the database is changed in one transaction, under the Kuma that runs, or between
   * its stop and its start. When it does not come up with the new configuration, that is undone and the snapshot
   * refused.
   * @param signal a shutdown: work that has not touched the database yet ends at once
   */
  apply(snapshot: LoadedSnapshot, name: SnapshotName, signal: AbortSignal): Promise<Result<Outcome>>;
  /**
   * The same beside what is here, all of which stays as this instance's own: always between a stop and a start of Kuma.
   */
  applyBeside(snapshot: LoadedSnapshot, name: SnapshotName, signal: AbortSignal): Promise<Result<Outcome>>;
  /** Tells, once Kuma is ready, when applies will restart it though they should not. Ends at once on a shutdown. */
  reportWay(signal: AbortSignal): Promise<void>;
  /**
   * Starts Kuma on an apply that nobody has seen it run with yet, since the process ended in between, and keeps or
   * undoes it.
   */
  verifyLast(signal: AbortSignal): Promise<Result<void>>;
  /**
   * Verifies an apply that no start could verify: the process had ended before, and then Kuma had to come first, to
   * migrate its database after an update of the image; or its port was taken. Kuma runs with it by now: once it has
   * gone on doing so for the usual time, that counts. When it does not, nothing is decided here: if it cannot run at
   * all, the next start undoes the apply.
   */
  verifyLate(signal: AbortSignal): Promise<Result<void>>;
  /** The history of a removed monitor may be millions of rows: what an apply left is dropped bit by bit. */
  dropStaleHistory(): Promise<Result<void>>;
}

export function createApplier(parts: Parts): Applier {
  const { database, kuma, way, verifyWindow, emit } = parts;
  const { startVerified, settleApplied, settleFailed, reportApplied, reportConfirmed } =
    createOutcomes(parts);
  /** Why Kuma was restarted last instead of a live apply: the same is not told again. */
  let toldWhy: string | undefined;
  return {
    apply,
    applyBeside: (snapshot, name, signal) => {
      const order = { snapshotId: name.id, contentHash: name.contentHash, keepsAll: true };
      return applyByRestart({ snapshot, order }, name, signal);
    },
    reportWay: async (signal) => {
      if (way === "restart") return;
      const isReady = await kuma.untilReady(signal).then(
        () => true,
        () => false,
      );
      const channel = kuma.channel();
      const hello = channel.ok ? await channel.value.ask("hello", {}) : channel;
      if (isReady && !hello.ok && !signal.aborted) tellWhy(hello.problem);
    },
    verifyLast: async (signal) => {
      const last = await database.lastApply();
      if (!last.ok) return last;
      if (last.value === undefined || last.value.verified) return success(undefined);
      const { snapshotId, contentHash } = last.value;
      const name = { id: snapshotId, contentHash, instanceName: "the primary" };
      const verified = await startVerified(name, signal);
      if (!verified.ok) return verified;
      return verified.value === "refused" ? success(undefined) : database.confirm();
    },
    verifyLate: async (signal) => {
      const last = await database.lastApply();
      if (!last.ok) return last;
      if (last.value === undefined) return success(undefined);
      const { snapshotId, verified } = last.value;
      if (!verified && !(await runsOn(signal))) return success(undefined);
      const confirmed = verified ? success(undefined) : await database.confirm();
      if (confirmed.ok) reportConfirmed(snapshotId);
      return confirmed;
    },
    dropStaleHistory: async () => {
      const last = await database.lastApply();
      if (!last.ok) return last;
      return last.value?.verified && last.value.hasStaleHistory ? database.confirm() : success(undefined);
    },
  };

  /** Whether Kuma runs, and goes on doing so for the usual time. */
  async function runsOn(signal: AbortSignal): Promise<boolean> {
    const before = kuma.state;
    if (before.name !== "ready") return false;
    await sleep(verifyWindow, undefined, { signal }).catch(() => undefined);
    const now = kuma.state;
    return now.name === "ready" && now.pid === before.pid && !signal.aborted;
  }

  async function apply(
    snapshot: LoadedSnapshot,
    name: SnapshotName,
    signal: AbortSignal,
  ): Promise<Result<Outcome>> {
    const order = { snapshotId: name.id, contentHash: name.contentHash };
    const plan = await database.plan(snapshot);
    if (!plan.ok) return plan;
    if (plan.value.empty) {
      const marked = await database.markApplied(snapshot, order);
      if (marked.ok) reportApplied(name, plan.value, 0);
      return marked.ok ? success("applied") : marked;
    }
    if (signal.aborted) return failure(interrupted(APPLYING));
    const work = { snapshot, order, planned: plan.value.memory };
    const goesLive = way === "live" && kuma.state.name === "ready";
    return goesLive ? applyUnderKuma(work, name, signal) : restartInTurn(work, name, signal);
  }

  /** Changes the database of the Kuma that runs, or, where that is not possible, between its stop and its start. */
  async function applyUnderKuma(
    work: LiveWork,
    name: SnapshotName,
    signal: AbortSignal,
  ): Promise<Result<Outcome>> {
    const live = await applyLive(parts, work, signal);
    if (live.kind === "restart-needed") {
      tellWhy(live.why);
      return live.isHeld ? applyByRestart(work, name, signal) : restartInTurn(work, name, signal);
    }
    return live.kind === "failed" ? settleLiveFailed(name, live) : settleWritten(name, live, signal);
  }

  async function settleLiveFailed(
    name: SnapshotName,
    { problem, doesKumaRun }: LiveOutcome & { kind: "failed" },
  ): Promise<Result<Outcome>> {
    if (!doesKumaRun) {
      await kuma.stop("apply");
      kuma.start();
    }
    return settleFailed(name, problem);
  }

  /** What Kuma was not seen running with while it ran, a start shows. */
  async function settleWritten(
    name: SnapshotName,
    { summary, verified }: LiveOutcome & { kind: "written" },
    signal: AbortSignal,
  ): Promise<Result<Outcome>> {
    if (verified.ok) return settleApplied(name, summary, 0);
    if (signal.aborted) return verified;
    tellWhy(verified.problem);
    const stoppedAt = steadyNow();
    await kuma.stop("apply");
    return startOnApplied(name, summary, stoppedAt, signal);
  }

  /** A Kuma that does not watch anyway need not wait for its turn. */
  async function restartInTurn(
    work: LiveWork,
    name: SnapshotName,
    signal: AbortSignal,
  ): Promise<Result<Outcome>> {
    if (kuma.state.name === "ready") await parts.waitForTurn(name.id, signal);
    return applyByRestart(work, name, signal);
  }

  /** Stops Kuma, changes its database, and starts it again. */
  async function applyByRestart(
    { snapshot, order }: Pick<LiveWork, "snapshot" | "order">,
    name: SnapshotName,
    signal: AbortSignal,
  ): Promise<Result<Outcome>> {
    const wasRunning = kuma.state.name !== "stopped";
    const stoppedAt = steadyNow();
    await kuma.stop("apply");
    if (signal.aborted) return failure(interrupted(APPLYING));
    const applied = await database.apply(snapshot, order);
    if (!applied.ok) {
      kuma.start();
      return settleFailed(name, applied.problem);
    }
    return startOnApplied(name, applied.value, wasRunning ? stoppedAt : undefined, signal);
  }

  /** @param stoppedAt when Kuma was stopped for it, by the steady clock; undefined: it did not run */
  async function startOnApplied(
    name: SnapshotName,
    summary: PlanSummary,
    stoppedAt: number | undefined,
    signal: AbortSignal,
  ): Promise<Result<Outcome>> {
    const verified = await startVerified(name, signal);
    if (!verified.ok) return verified;
    if (verified.value === "refused") return success("refused");
    return settleApplied(name, summary, stoppedAt === undefined ? 0 : verified.value.readyAt - stoppedAt);
  }

  function tellWhy({ message, advice }: Problem): void {
    if (message !== toldWhy) emit({ type: "warning", message: `${message} ${advice}` });
    toldWhy = message;
  }
}

const APPLYING = "Applying the snapshot";
