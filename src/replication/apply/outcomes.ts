import { steadyNow } from "../../clock.ts";
import type { DatabaseProblemCode, DatabaseWorker, PlanSummary } from "../../database/index.ts";
import type { Listener, SnapshotName } from "../../events/index.ts";
import type { Supervisor } from "../../kuma/index.ts";
import { failure, type Problem, type Result, success } from "../../result.ts";
import { rememberRefused } from "../state/refused.ts";
import type { StateFile } from "../state/state-file.ts";
import { untilServerAnswers, watchForOutage } from "./outage.ts";

/** How long an apply waits for a database that is away while Kuma starts, in all, milliseconds. */
const OUTAGE_LIMIT = 120_000;

/** What the end of an apply needs. */
export interface OutcomeParts {
  readonly database: Pick<DatabaseWorker, "confirm" | "rollBack" | "serverUpFor">;
  readonly kuma: Pick<Supervisor, "start" | "stop" | "startAndVerify">;
  readonly stateFile: StateFile;
  /** How long Kuma must live with what was applied, once it is ready; milliseconds. */
  readonly verifyWindow: number;
  readonly emit: Listener;
}

/** "applied": it is in place, and Kuma was seen running with it. "refused": it is not, and what was before it is. */
export type Outcome = "applied" | "refused";

/** How an apply ends: kept, undone, or refused; each is reported and remembered. */
export interface Outcomes {
  /** Starts Kuma on what was applied; when it does not run with it, undoes that. */
  startVerified(
    name: SnapshotName,
    signal: AbortSignal,
  ): Promise<Result<{ readonly readyAt: number } | "refused">>;
  /**
   * What was applied runs: keeps it, and then reports it. @param monitoringGapMs how long Kuma did not answer for it
   */
  settleApplied(name: SnapshotName, summary: PlanSummary, monitoringGapMs: number): Promise<Result<Outcome>>;
  /**
   * Nothing was applied. The snapshot's own fault would stop Kuma in vain in each cycle to come; a full disk may pass.
   */
  settleFailed(name: SnapshotName, problem: Problem): Result<Outcome>;
  reportApplied(name: SnapshotName, summary: PlanSummary, monitoringGapMs: number): void;
  /** Reports an apply that could not be marked as verified at first, since the database was away, and is now. */
  reportConfirmed(snapshotId: string): void;
}

export function createOutcomes({ database, kuma, stateFile, verifyWindow, emit }: OutcomeParts): Outcomes {
  /** What is in place, and nobody was told of. */
  let unconfirmed: { name: SnapshotName; summary: PlanSummary; monitoringGapMs: number } | undefined;
  return { startVerified, settleApplied, settleFailed, reportApplied, reportConfirmed };

  function settleFailed(name: SnapshotName, problem: Problem): Result<Outcome> {
    return FAULTS_OF_SNAPSHOTS.has(problem.code) ? refuse(name, problem) : failure(problem);
  }

  async function settleApplied(
    name: SnapshotName,
    summary: PlanSummary,
    monitoringGapMs: number,
  ): Promise<Result<Outcome>> {
    unconfirmed = { name, summary, monitoringGapMs };
    const confirmed = await database.confirm();
    if (!confirmed.ok) return confirmed;
    reportConfirmed(name.id);
    return success("applied");
  }

  function reportConfirmed(snapshotId: string): void {
    if (unconfirmed?.name.id !== snapshotId) return;
    const { name, summary, monitoringGapMs } = unconfirmed;
    unconfirmed = undefined;
    reportApplied(name, summary, monitoringGapMs);
  }

  function reportApplied(
    snapshot: SnapshotName,
    { changes, named, notes }: PlanSummary,
    monitoringGapMs: number,
  ): void {
    emit({
      type: "applied",
      snapshot: nameOnly(snapshot),
      changes,
      ...(named && { named }),
      monitoringGapMs,
      notes,
    });
  }

  async function startVerified(
    name: SnapshotName,
    signal: AbortSignal,
  ): Promise<Result<{ readyAt: number } | "refused">> {
    const giveUpAt = steadyNow() + OUTAGE_LIMIT;
    for (;;) {
      const verified = await startWatched(signal);
      if (verified.ok) return verified;
      const { code, message, advice } = verified.problem;
      if (code === "kuma-does-not-run") return undo(name, verified.problem);
      const isOutage = code === "database-unreachable";
      if (!isOutage || !(await untilServerAnswers(database, giveUpAt - steadyNow(), signal))) {
        // A shutdown, a taken port, an outage: it stays applied, and is verified later.
        kuma.start();
        return verified;
      }
      emit({ type: "warning", message: `${message} ${advice}` });
    }
  }

  /** A start that fails while the database is away says nothing about the snapshot: then that is the problem. */
  async function startWatched(signal: AbortSignal): Promise<Result<{ readyAt: number }>> {
    const watching = new AbortController();
    const watched = watchForOutage(database, watching.signal);
    const verified = await kuma.startAndVerify(verifyWindow, signal);
    watching.abort();
    if (verified.ok || verified.problem.code !== "kuma-does-not-run") return verified;
    const outage = await watched;
    return outage === undefined ? verified : failure(outage);
  }

  /** Puts the old configuration back, Kuma up on it, and remembers not to try this snapshot again. */
  async function undo(name: SnapshotName, why: Problem): Promise<Result<"refused">> {
    await kuma.stop("roll-back");
    const undone = await database.rollBack();
    kuma.start();
    return undone.ok ? refuse(name, why) : undone;
  }

  /** Remembers and reports that a snapshot is not tried again; the configuration before it is in place. */
  function refuse(name: SnapshotName, why: Problem): Result<"refused"> {
    const written = rememberRefused(stateFile, name.id, why.message);
    emit({ type: "rolled-back", snapshot: nameOnly(name), problem: why });
    return written.ok ? success("refused") : written;
  }
}

/** Problems of an apply that come again with the same snapshot, however often it is tried. */
const FAULTS_OF_SNAPSHOTS: ReadonlySet<string> = new Set<DatabaseProblemCode>([
  "snapshot-inconsistent",
  "version-mismatch",
  "schema-unknown",
]);

/** Without what else is known of a snapshot: events go to the JSON log as they are. */
export function nameOnly({ id, contentHash, instanceName }: SnapshotName): SnapshotName {
  return { id, contentHash, instanceName };
}
