import type { Database } from "better-sqlite3";
import type { Value } from "../../snapshot/index.ts";
import { catalog } from "../catalog.ts";
import { isAnother } from "../plan/identity.ts";
import type { Plan } from "../plan/plan.ts";
import type { TablePlan } from "../plan/plan-table.ts";
import { type SetAside, setAside, withHistory } from "./history.ts";
import { readUndo, type StoredRecord } from "./record.ts";
import { decodeUndo } from "./undo.ts";
import { idsOf } from "./write-rows.ts";

/** What becomes of the history that is here, by an apply. */
interface HistoryAfter {
  readonly setAside: readonly SetAside[];
  readonly keptHistory: readonly bigint[];
  readonly staleHistory: readonly bigint[];
}

/**
 * Sees to it that no monitor which the plan adds takes over the history of another: that is set aside. The history of
 * monitors that are removed stays where it is, for the undo; what was kept for the undo before this one is stale now.
 */
export function makeRoom(db: Database, { tables }: Plan, record: StoredRecord | undefined): HistoryAfter {
  const plan = tables.find(({ name }) => name === "monitor");
  const removed = plan ? numbers(idsOf(plan.columns, plan.removed)) : [];
  const added = plan ? numbers(idsOf(plan.addedColumns, plan.added)) : [];
  const isReplaced = (id: bigint) => plan?.replaced.has(id) ?? false;
  const found = withHistory(db, added);
  const returning = plan ? findReturning(db, plan, record) : new Set<bigint>();
  const moved = setAside(
    db,
    added.filter((id) => found.has(id) && !returning.has(id)),
  );
  const keptHistory = [...removed.filter((id) => !isReplaced(id)), ...moved.map(({ under }) => under)];
  const isThere = new Set([...keptHistory, ...added]);
  const former = new Set([...(record?.staleHistory ?? []), ...(record?.keptHistory ?? [])]);
  return { setAside: moved, keptHistory, staleHistory: [...former].filter((id) => !isThere.has(id)) };
}

/** The monitors that the last apply removed, whose history was kept, and that are back now as what they were. */
function findReturning(db: Database, plan: TablePlan, record: StoredRecord | undefined): Set<bigint> {
  const kept = new Set<Value>(record?.keptHistory);
  const back = plan.added.filter((row) => idsOf(plan.addedColumns, [row]).some((id) => kept.has(id)));
  const entry = catalog.find(({ name }) => name === plan.name);
  const undo = back.length > 0 && record?.canUndo ? decodeUndo(readUndo(db)) : undefined;
  const former = undo?.tables.find(({ name }) => name === plan.name);
  if (entry === undefined || former === undefined) return new Set();
  const rows = new Map(former.removed.map((row) => [idsOf(former.columns, [row])[0] ?? null, row]));
  return new Set(
    back.flatMap((row) => {
      const [id = null] = idsOf(plan.addedColumns, [row]);
      const was = rows.get(id);
      if (typeof id !== "bigint" || was === undefined) return [];
      const before = { columns: former.columns, row: was };
      return isAnother(entry, before, { columns: plan.addedColumns, row }) ? [] : [id];
    }),
  );
}

function numbers(ids: readonly Value[]): bigint[] {
  return ids.filter((id) => typeof id === "bigint");
}
