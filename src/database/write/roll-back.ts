import type { Database } from "better-sqlite3";
import { success } from "../../result.ts";
import type { Row, Value } from "../../snapshot/index.ts";
import { mergeFiles } from "../own/icons.ts";
import { giveBack } from "../own/keep-all.ts";
import { LOCAL_FROM } from "../own/local.ts";
import { REMEMBERED } from "../own/remembered.ts";
import { findBrokenReferences } from "../plan/references.ts";
import { refuse } from "../problems.ts";
import { quote } from "../sqlite/connection.ts";
import { readSchema, type Schema } from "../sqlite/schema.ts";
import type { DatabaseResult } from "../types.ts";
import { type Dangling, findDangling, settleDangling } from "./dangling-rows.ts";
import { deleteHistory, putBack } from "./history.ts";
import { readRecord, readUndo, refuseRecord, type StoredRecord, writeRecord } from "./record.ts";
import { type ChangedRows, withFiles } from "./transaction.ts";
import { decodeUndo, type Undo } from "./undo.ts";
import { changeRows, deleteRows, insertRows } from "./write-rows.ts";

/**
 * Takes the last apply back, rows, counters, history and files, and makes the record that of the apply before it. Rows
 * that were made since and that refer to what goes are treated as Kuma does when that is deleted: see `settleDangling`.
 */
export function rollBackApply(db: Database, uploadDir: string): DatabaseResult<void> {
  return withFiles(db, uploadDir, () => rollBackRows(db, uploadDir));
}

/** The rows of a roll-back, and the record; must run in a transaction. */
export function rollBackRows(db: Database, uploadDir: string): DatabaseResult<ChangedRows<void>> {
  const read = readLastUndo(db);
  if (!read.ok) return read;
  if (read.value === undefined) return success({ outcome: undefined, files: [] });
  const { record, undo, schema } = read.value;
  const restored = restoreRows(db, schema, undo);
  if (!restored.ok) return restored;
  restoreHistory(db, undo);
  const icons = undo.keptBy === undefined ? [] : giveBack(db, schema, undo.keptBy, uploadDir);
  writeRecord(db, undo.previous && recordBefore(undo.previous, record));
  // An icon that somebody has uploaded since is the newer one.
  return success({ outcome: undefined, files: mergeFiles(...undo.files, ...icons) });
}

/** All that undoing the last apply begins with; undefined when there is none to undo. Must run in a transaction. */
export function readLastUndo(
  db: Database,
): DatabaseResult<{ record: StoredRecord; undo: Undo; schema: Schema } | undefined> {
  const record = readRecord(db);
  if (!record.ok) return record;
  if (record.value === undefined || !record.value.canUndo) return success(undefined);
  const undo = decodeUndo(readUndo(db));
  if (!undo) return refuseRecord(db);
  // Accounts may be among what was applied, whatever is asked for by now.
  const schema = readSchema(db, { accounts: true });
  return schema.ok ? success({ record: record.value, undo, schema: schema.value }) : schema;
}

/**
 * The rows and counters of an undo, whole; must run in a transaction.
 * @returns what became of rows that refer to others which are gone
 */
export function restoreRows(db: Database, schema: Schema, undo: Undo): DatabaseResult<Dangling[]> {
  const [danglingBefore, brokenBefore] = [findDangling(db, schema), findBrokenReferences(db, schema)];
  for (const table of undo.tables) {
    const restored = restoreTable(db, table);
    // Somebody has since made a row that takes the place of one that was removed.
    if (!restored.ok)
      return refuse("database-failed", `The last apply cannot be undone. ${restored.problem.message}`);
  }
  const settled = settleDangling(db, schema, danglingBefore);
  for (const { table, seq } of undo.sequences) restoreSequence(db, table, seq);
  for (const reference of findBrokenReferences(db, schema)) {
    const [table, id, parent] = reference.split(" ");
    if (parent === "user" || brokenBefore.has(reference)) continue;
    return refuse(
      "database-failed",
      `The last apply cannot be undone. Row ${id} of table ${table} would refer to a row of ${parent} that is not there.`,
    );
  }
  return success(settled);
}

function restoreTable(db: Database, table: Undo["tables"][number]): DatabaseResult<void> {
  const { name, columns, added, removed, changed } = table;
  deleteRows(db, name, added);
  for (const group of changed) {
    const restored = changeRows(db, name, group.columns, group.rows);
    if (!restored.ok) return restored;
  }
  return insertRows(db, name, columns, withFreeIds(db, name, columns, removed));
}

/**
 * The rows, and an id that SQLite chooses where theirs is taken by now: monitor_notification alone, and our own table,
 * give ids away again (they have no AUTOINCREMENT), and nothing refers to their rows.
 */
function withFreeIds(
  db: Database,
  table: string,
  columns: readonly string[],
  rows: readonly Row[],
): readonly Row[] {
  if (table !== "monitor_notification" && table !== REMEMBERED) return rows;
  const isTaken = db.prepare(`SELECT 1 FROM ${quote(table)} WHERE id = ?`);
  const position = columns.indexOf("id");
  const taken = new Set(rows.filter((row) => isTaken.get(row[position]) !== undefined));
  const renumbered = [...taken].map((row) => row.map((value, at) => (at === position ? null : value)));
  // Those come last: an id that is chosen must not be one of the others.
  return [...rows.filter((row) => !taken.has(row)), ...renumbered];
}

/**
 * Of little use to Kuma, but so every row of every table is as it was. One that was raised for a replica's own rows is
 * not raised again: it may be the primary by now.
 */
function restoreSequence(db: Database, table: string, seq: Value): void {
  if (typeof seq === "bigint" && seq >= LOCAL_FROM - 1n) return;
  if (seq === null) db.prepare("DELETE FROM sqlite_sequence WHERE name = ?").run(table);
  else db.prepare("UPDATE sqlite_sequence SET seq = ? WHERE name = ?").run(seq, table);
}

/**
 * What the monitors that go have recorded goes with them: their ids are given out again, the counters being what they
 * were. In the transaction, while Kuma is stopped: it is what was recorded since the apply.
 */
function restoreHistory(db: Database, { tables, setAside }: Undo): void {
  const monitors = tables.find(({ name }) => name === "monitor");
  deleteHistory(
    db,
    (monitors?.added ?? []).filter((id) => typeof id === "bigint"),
  );
  putBack(db, setAside);
}

/** What was kept for the undo is with its monitors again. */
function recordBefore(previous: NonNullable<Undo["previous"]>, { staleHistory }: StoredRecord) {
  return { ...previous, changedAt: previous.appliedAt, undo: null, staleHistory, keptHistory: [] };
}
