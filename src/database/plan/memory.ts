import type { Database } from "better-sqlite3";
import type { MemoryChanges } from "../types.ts";
import { withHistory } from "../write/history.ts";
import { idsOf } from "../write/write-rows.ts";
import type { TablePlan } from "./plan-table.ts";

/**
 * What a Kuma that runs has to bring up to date in its memory. All that hangs on a monitor but is read at each use
 * (notifications, tags, proxies, Docker hosts, remote browsers) touches no monitor: only a row of `monitor` itself
 * does, and there belong its group, proxy, Docker host and remote browser.
 * @param tables only those in which something changes
 */
export function findMemoryChanges(db: Database, tables: readonly TablePlan[]): MemoryChanges {
  const { added, removed, changed } = idsIn(tables, "monitor");
  const windows = idsIn(tables, "maintenance");
  return {
    monitors: unique([...added, ...removed, ...changed]),
    reset: unique([...added, ...removed]),
    maintenance: unique([...windows.added, ...windows.removed, ...windows.changed]),
    tables: tables.map(({ name }) => name),
    movesHistory: withHistory(db, added.map(BigInt)).size > 0,
  };
}

function idsIn(tables: readonly TablePlan[], name: string) {
  const plan = tables.find((table) => table.name === name);
  return {
    added: plan ? idsOf(plan.addedColumns, plan.added).map(Number) : [],
    removed: plan ? idsOf(plan.columns, plan.removed).map(Number) : [],
    changed: plan?.changed.flatMap(({ columns, after }) => idsOf(columns, after).map(Number)) ?? [],
  };
}

function unique(ids: readonly number[]): number[] {
  return [...new Set(ids)];
}
