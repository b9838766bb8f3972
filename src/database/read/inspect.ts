import type { Database } from "better-sqlite3";
import { success } from "../../result.ts";
import { quote } from "../sqlite/connection.ts";
import type { DatabaseResult, Inspection } from "../types.ts";
import { tablesHere } from "../write/history.ts";
import { readRecord } from "../write/record.ts";
import { readZoneSetting } from "./zone.ts";

/** See `KumaDatabase.inspect`. */
export function inspectDatabase(db: Database): DatabaseResult<Inspection> {
  const kept = keptForUndo(db);
  if (!kept.ok) return kept;
  const orphans = tablesHere(db).map((table) => ({
    table,
    rows: Number(
      db
        .prepare(
          `SELECT count(*) FROM ${quote(table)} WHERE monitor_id NOT IN (SELECT id FROM monitor)
          AND monitor_id NOT IN (SELECT value FROM json_each(?))`,
        )
        .pluck()
        .get(JSON.stringify(kept.value.map(Number))),
    ),
  }));
  return success({ zoneSetting: readZoneSetting(db), orphans: orphans.filter(({ rows }) => rows > 0) });
}

/** The ids of monitors that are gone, and whose history waits for an undo or is being dropped. */
export function keptForUndo(db: Database): DatabaseResult<readonly bigint[]> {
  const record = readRecord(db);
  if (!record.ok) return record;
  return success([...(record.value?.keptHistory ?? []), ...(record.value?.staleHistory ?? [])]);
}
