import type { Database } from "better-sqlite3";
import { success } from "../../result.ts";
import { catalog } from "../catalog.ts";
import type { DatabaseResult } from "../types.ts";

/**
 * Whether no row was ever made in a replicated table: SQLite's counters outlast the rows. A new Uptime Kuma puts none
 * there by itself; its migrations leave counters at 0 (seen on 1.23.17 and 2.5.3).
 */
export function isUntouched(db: Database): DatabaseResult<boolean> {
  const counted = db.prepare<[], string>("SELECT name FROM sqlite_sequence WHERE seq > 0").pluck().all();
  return success(!catalog.some(({ name }) => counted.includes(name)));
}
