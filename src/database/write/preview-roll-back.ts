import type { Database } from "better-sqlite3";
import { success } from "../../result.ts";
import { type Content, encodeValue, type Row, type Value } from "../../snapshot/index.ts";
import { giveBack } from "../own/keep-all.ts";
import { hasRemembered, REMEMBERED } from "../own/remembered.ts";
import { readContent, type Surroundings } from "../read/read.ts";
import { openInMemory, quote } from "../sqlite/connection.ts";
import type { Schema } from "../sqlite/schema.ts";
import type { DatabaseResult, RollBackPreview } from "../types.ts";
import { iconNames } from "../uploads/icons.ts";
import type { StoredRecord } from "./record.ts";
import { readLastUndo, restoreRows } from "./roll-back.ts";
import { digestRow, type Undo } from "./undo.ts";

/**
 * What undoing the last apply would do, by doing it: to a copy of the replicated tables in memory. So what is shown is
 * what will be done, and Kuma's database is only read. Must run in a transaction.
 */
export function previewRollBack(
  db: Database,
  surroundings: Surroundings,
): DatabaseResult<RollBackPreview | undefined> {
  const read = readLastUndo(db);
  if (!read.ok || read.value === undefined) return read.ok ? success(undefined) : read;
  const { record, undo, schema } = read.value;
  const before = readContent(db, surroundings);
  if (!before.ok) return before;
  const copy = copyTables(db, schema);
  try {
    const dangling = restoreRows(copy, schema, undo);
    if (!dangling.ok) return dangling;
    if (undo.keptBy !== undefined) giveBack(copy, schema, undo.keptBy, surroundings.uploadDir);
    const after = readContent(copy, surroundings);
    if (!after.ok) return after;
    const { changedAt, snapshotId } = record;
    return success({
      changedAt,
      snapshotId,
      before: before.value,
      after: { ...after.value, files: filesAfter(after.value, undo) },
      edited: findEdits(db, schema, undo),
      dangling: dangling.value,
      withoutHistory: countWithoutHistory(undo, record),
    });
  } finally {
    copy.close();
  }
}

/** The replicated tables with their rules, the settings (the server's time zone is one of them), and the counters. */
function copyTables(db: Database, schema: Schema): Database {
  const copy = openInMemory();
  const definitions = db
    .prepare<[string], string>(
      "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type = 'index'",
    )
    .pluck();
  const ours = hasRemembered(db) ? [REMEMBERED] : [];
  for (const table of [...schema.keys(), "setting", ...ours]) {
    for (const definition of definitions.all(table)) copy.exec(definition);
    copyRows(db, copy, table);
  }
  copyRows(db, copy, "sqlite_sequence");
  return copy;
}

function copyRows(from: Database, to: Database, table: string): void {
  const columns = from.prepare<[string], string>("SELECT name FROM pragma_table_info(?)").pluck().all(table);
  const list = columns.map(quote).join(", ");
  to.exec(`DELETE FROM ${quote(table)}`);
  const insert = to.prepare(
    `INSERT INTO ${quote(table)} (${list}) VALUES (${columns.map(() => "?").join(", ")})`,
  );
  const rows = from.prepare<[], Value[]>(`SELECT ${list} FROM ${quote(table)}`).raw();
  for (const row of rows.iterate()) insert.run(row);
}

/** The files that status pages refer to afterwards, as the undo leaves them. */
function filesAfter({ files, tables }: Content, undo: Undo): Content["files"] {
  const isShown = iconNames(tables.find(({ name }) => name === "status_page"));
  const kept = files.filter(({ name }) => !undo.files.some((state) => state.name === name));
  const restored = undo.files.flatMap(({ name, bytes }) =>
    bytes !== undefined && isShown.has(name) ? [{ name, bytes }] : [],
  );
  return [...kept, ...restored].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The rows that an undo overwrites or deletes and that are not as the apply has written them. */
function findEdits(db: Database, schema: Schema, undo: Undo): RollBackPreview["edited"] {
  const hasColumns = (table: string, columns: readonly string[]) =>
    columns.every((name) => schema.get(table)?.columns.some((column) => column.name === name));
  return undo.tables.flatMap(({ name: table, added, marks, changed }) => {
    const digests = marks?.digests ?? [];
    const removed =
      marks && hasColumns(table, marks.columns) ? readRows(db, table, marks.columns, added) : [];
    return [
      ...removed.flatMap((row, index) =>
        row === undefined || digestRow(row) === digests[index]
          ? []
          : [{ table, id: added[index] ?? null, columns: [] }],
      ),
      ...changed.flatMap(({ columns, after = [] }) => {
        const position = columns.indexOf("id");
        const ids = after.map((row) => row[position] ?? null);
        const live = hasColumns(table, columns) ? readRows(db, table, columns, ids) : [];
        return live.flatMap((row, index) => {
          const differing =
            row === undefined ? [] : columns.filter((_, at) => !isSame(row[at], after[index]?.[at]));
          return differing.length === 0 ? [] : [{ table, id: ids[index] ?? null, columns: differing }];
        });
      }),
    ];
  });
}

function readRows(
  db: Database,
  table: string,
  columns: readonly string[],
  ids: readonly Value[],
): (Row | undefined)[] {
  const one = db
    .prepare<[Value], Value[]>(`SELECT ${columns.map(quote).join(", ")} FROM ${quote(table)} WHERE id = ?`)
    .raw();
  return ids.map((id) => one.get(id));
}

function isSame(one: Value | undefined, other: Value | undefined): boolean {
  return JSON.stringify(encodeValue(one ?? null)) === JSON.stringify(encodeValue(other ?? null));
}

function countWithoutHistory({ tables, setAside }: Undo, { keptHistory }: StoredRecord): number {
  const monitors = tables.find(({ name }) => name === "monitor");
  if (monitors === undefined || keptHistory.length > 0) return 0;
  return Math.max(monitors.removed.length, setAside.length);
}
