import { steadyNow } from "../../clock.ts";
import { success } from "../../result.ts";
import { quote } from "../sqlite/connection.ts";
import type { DatabaseResult } from "../types.ts";
import {
  BATCH,
  giveUpHistory,
  hasHistory,
  TIME_LIMIT,
  updateInTransaction,
  verify,
  withoutDropped,
} from "../write/confirm.ts";
import type { StoredRecord } from "../write/record.ts";
import { toServer } from "./history.ts";
import { RECORD_ONLY } from "./mirror.ts";
import { type MariaDbServer, withSession } from "./session.ts";
import { historyTablesHere } from "./tables.ts";
import { inTransaction } from "./transaction.ts";

/** As `confirmApply` of SQLite. */
export async function confirmApply(server: MariaDbServer): Promise<DatabaseResult<void>> {
  const verified = await updateRecord(server, verify);
  const dropped = verified.ok ? await dropStale(server, verified.value) : verified;
  return dropped.ok ? success(undefined) : dropped;
}

/** As `dropAllHistory` of SQLite. */
export async function dropAllHistory(server: MariaDbServer): Promise<DatabaseResult<"done" | "more">> {
  const given = await updateRecord(server, giveUpHistory);
  const left = given.ok ? await dropStale(server, given.value) : given;
  return left.ok ? success(hasHistory(left.value) ? "more" : "done") : left;
}

/** Gives the record afterwards. */
async function dropStale(
  server: MariaDbServer,
  record: StoredRecord | undefined,
): Promise<DatabaseResult<StoredRecord | undefined>> {
  if (record === undefined || record.staleHistory.length === 0) return success(record);
  const dropped = await withSession(server, async (session) => {
    const deadline = steadyNow() + TIME_LIMIT;
    const tables = await historyTablesHere(session);
    /** False when the time is up before all is gone. */
    const deleteAll = async (table: string, monitor: bigint): Promise<boolean> => {
      while (steadyNow() < deadline) {
        const deleted = await session.run(
          `DELETE FROM ${quote(table)} WHERE monitor_id = ?
          AND NOT EXISTS (SELECT 1 FROM monitor WHERE id = ?) LIMIT ${BATCH}`,
          [monitor, monitor],
        );
        if (deleted < BATCH) return true;
      }
      return false;
    };
    const done = new Set<bigint>();
    for (const monitor of record.staleHistory) {
      let isDone = true;
      for (const table of tables) isDone = isDone && (await deleteAll(table, toServer(monitor)));
      if (!isDone) break;
      done.add(monitor);
    }
    return success(done);
  });
  return dropped.ok ? updateRecord(server, (found) => withoutDropped(found, dropped.value)) : dropped;
}

/** Nothing but the record is changed, and no file. */
function updateRecord(
  server: MariaDbServer,
  change: (record: StoredRecord) => StoredRecord,
): Promise<DatabaseResult<StoredRecord | undefined>> {
  return inTransaction(server, "", RECORD_ONLY, (db) => {
    const updated = updateInTransaction(db, change);
    return updated.ok ? success({ outcome: updated.value, files: [] }) : updated;
  });
}
