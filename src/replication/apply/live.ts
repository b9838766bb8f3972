import type {
  ApplyOrder,
  DatabaseWorker,
  LoadedSnapshot,
  MemoryChanges,
  PlanSummary,
} from "../../database/index.ts";
import type { Supervisor } from "../../kuma/index.ts";
import { interrupted, type Problem, type Result } from "../../result.ts";
import { verifyLive } from "./verify-live.ts";

/** How a live apply ended. */
export type LiveOutcome =
  /**
   * Kuma cannot, or cannot now; the database is as it was. `isHeld`: monitors may stand still until Kuma is restarted.
   */
  | { readonly kind: "restart-needed"; readonly why: Problem; readonly isHeld: boolean }
  /** The database is as it was. */
  | { readonly kind: "failed"; readonly problem: Problem; readonly doesKumaRun: boolean }
  /** It is in the database; whether Kuma runs with it is shown, or not. */
  | { readonly kind: "written"; readonly summary: PlanSummary; readonly verified: Result<void> };

interface Parts {
  readonly database: Pick<DatabaseWorker, "apply">;
  readonly kuma: Pick<Supervisor, "channel">;
  /** Milliseconds. */
  readonly verifyWindow: number;
}

/** What is to be applied. */
export interface LiveWork {
  readonly snapshot: LoadedSnapshot;
  readonly order: ApplyOrder;
  /** What will change; the transaction plans once more, and what it finds counts. */
  readonly planned: MemoryChanges;
}

/**
 * Brings a Kuma that runs to a snapshot without stopping it: the monitors whose rows change are stopped, the database
 * is changed in one transaction, and Kuma takes up what it holds now. All others go on as if nothing was.
 * @param signal a shutdown: nothing is begun any more, and what is written stays to be verified by the next start
 */
export async function applyLive(
  { database, kuma, verifyWindow }: Parts,
  { snapshot, order, planned }: LiveWork,
  signal: AbortSignal,
): Promise<LiveOutcome> {
  const found = kuma.channel();
  if (!found.ok) return { kind: "restart-needed", why: found.problem, isHeld: false };
  const channel = found.value;
  if (planned.movesHistory) return { kind: "restart-needed", why: MOVES_HISTORY, isHeld: false };
  if (planned.tables.includes("user"))
    return { kind: "restart-needed", why: CHANGES_ACCOUNTS, isHeld: false };
  const hello = await channel.ask("hello", {});
  if (!hello.ok) return { kind: "restart-needed", why: hello.problem, isHeld: false };
  if (signal.aborted)
    return { kind: "failed", problem: interrupted("Applying the snapshot"), doesKumaRun: true };
  const { monitors } = planned;
  const held = await channel.ask("hold", { monitors });
  if (!held.ok) return { kind: "restart-needed", why: held.problem, isHeld: true };

  const applied = await database.apply(snapshot, order);
  if (!applied.ok) {
    const released = await channel.ask("resume", { monitors, reset: [], maintenance: [], tables: [] });
    return { kind: "failed", problem: applied.problem, doesKumaRun: released.ok };
  }
  const { memory } = applied.value;
  const resumed = await channel.ask("resume", memory);
  const wanted = { snapshotId: order.snapshotId, monitors: memory.monitors, errors: held.value.errors };
  const verified = resumed.ok ? await verifyLive(channel, wanted, verifyWindow, signal) : resumed;
  return { kind: "written", summary: applied.value, verified };
}

/** Kuma asks at its start alone whether there is an account. */
const CHANGES_ACCOUNTS: Problem = {
  code: "live-changes-accounts",
  message: "Uptime Kuma is restarted for this apply: accounts change.",
  advice: "Nothing to do: the next apply is a live one again.",
};

const MOVES_HISTORY: Problem = {
  code: "live-unavailable",
  message:
    "The configuration cannot be changed while Kuma runs: the history of a former monitor is to be moved.",
  advice: "Nothing is lost: Kuma is restarted for it instead.",
};
