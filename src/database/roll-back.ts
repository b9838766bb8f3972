import type { Database } from "better-sqlite3";
import { success } from "../result.ts";
import type { Value } from "../snapshot/index.ts";
import { inTransaction } from "./connection.ts";
import { refuse } from "./problems.ts";
import { readRecord, readUndo, refuseRecord, writeRecord } from "./record.ts";
import type { DatabaseResult } from "./types.ts";
import { decodeUndo, type Undo } from "./undo.ts";
import { swapUploads } from "./uploads.ts";
import { changeRows, deleteRows, insertRows } from "./write-rows.ts";

/** Takes the last apply back, rows, counters and files, and makes the record that of the apply before it. */
export function rollBackApply(db: Database, uploadDir: string): DatabaseResult<void> {
  let putFilesBack = () => {};
  const undone = inTransaction(db, "IMMEDIATE", (): DatabaseResult<void> => {
    const record = readRecord(db);
    if (!record.ok) return record;
    if (record.value === undefined || !record.value.canUndo) return success(undefined);
    const undo = decodeUndo(readUndo(db));
    if (!undo) return refuseRecord(db);
    for (const table of undo.tables) {
      const restored = restoreTable(db, table);
      // Somebody has since made a row that takes the place of one that was removed.
      if (!restored.ok)
        return refuse("database-failed", `The last apply cannot be undone. ${restored.problem.message}`);
    }
    for (const { table, seq } of undo.sequences) restoreSequence(db, table, seq);
    const { staleHistory } = record.value;
    writeRecord(db, undo.previous && { ...undo.previous, undo: null, staleHistory });
    putFilesBack = swapUploads(uploadDir, undo.files);
    return success(undefined);
  });
  if (!undone.ok) putFilesBack();
  return undone;
}

function restoreTable(db: Database, table: Undo["tables"][number]): DatabaseResult<void> {
  const { name, columns, added, removed, changed } = table;
  deleteRows(db, name, added);
  for (const group of changed) {
    const restored = changeRows(db, name, group.columns, group.rows);
    if (!restored.ok) return restored;
  }
  return insertRows(db, name, columns, removed);
}

/** Of little use to Kuma, but so every row of every table is as it was. */
function restoreSequence(db: Database, table: string, seq: Value): void {
  if (seq === null) db.prepare("DELETE FROM sqlite_sequence WHERE name = ?").run(table);
  else db.prepare("UPDATE sqlite_sequence SET seq = ? WHERE name = ?").run(seq, table);
}
