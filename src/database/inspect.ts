import { success } from "../result.ts";
import { readZoneSetting } from "./read/zone.ts";
import { inTransaction, quote, withDatabase } from "./sqlite/connection.ts";
import type { DatabaseResult } from "./types.ts";
import { tablesHere } from "./write/history.ts";
import { readRecord } from "./write/record.ts";

/** What is worth knowing of Kuma's database when something is wrong, and is no part of what is replicated. */
export interface Inspection {
  /** The time zone that was chosen on Kuma's page of settings. */
  readonly zoneSetting: string | undefined;
  /** Tables of history with rows of monitors that do not exist, without those that an undo may still bring back. */
  readonly orphans: readonly { readonly table: string; readonly rows: number }[];
}

/**
 * Looks at Kuma's SQLite database, safe while Kuma runs. Reads an index of all of the history.
 * @param file absolute
 */
export async function inspectSqlite(file: string): Promise<DatabaseResult<Inspection>> {
  return withDatabase(file, "read", (db) =>
    inTransaction(db, "DEFERRED", () => {
      const record = readRecord(db);
      if (!record.ok) return record;
      const kept = JSON.stringify(
        [...(record.value?.keptHistory ?? []), ...(record.value?.staleHistory ?? [])].map(Number),
      );
      const orphans = tablesHere(db).map((table) => ({
        table,
        rows: Number(
          db
            .prepare(
              `SELECT count(*) FROM ${quote(table)} WHERE monitor_id NOT IN (SELECT id FROM monitor)
              AND monitor_id NOT IN (SELECT value FROM json_each(?))`,
            )
            .pluck()
            .get(kept),
        ),
      }));
      return success({ zoneSetting: readZoneSetting(db), orphans: orphans.filter(({ rows }) => rows > 0) });
    }),
  );
}
