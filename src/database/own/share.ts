import type { Database } from "better-sqlite3";
import type { Value } from "../../snapshot/index.ts";
import { isAccountTable } from "../catalog.ts";
import { quote } from "../sqlite/connection.ts";
import { referencesOf, type Schema } from "../sqlite/schema.ts";
import type { UploadState } from "../uploads/uploads.ts";
import { tablesHere } from "../write/history.ts";
import { renameIcons } from "./icons.ts";
import { LOCAL_FROM, lastShared, lowerCounter } from "./local.ts";

/**
 * Gives the rows that are this instance's own ids as shared rows have them, with all that refers to them, their history
 * and the names of their icons, and sets the counters back: it is the primary now, and what it has is everybody's. Must
 * run in a transaction, with Kuma stopped.
 * @returns how many monitors became everybody's, and the files of icons
 */
export function shareLocal(
  db: Database,
  schema: Schema,
  uploadDir: string,
): { readonly monitors: number; readonly files: readonly UploadState[] } {
  const history = tablesHere(db);
  let monitors = 0;
  let files: readonly UploadState[] = [];
  for (const name of schema.keys()) {
    if (isAccountTable(name)) continue;
    const last = lastShared(db, name, history);
    const moved = findIds(db, name).map((from, at) => ({ from, to: last + 1n + BigInt(at) }));
    const referrers = [
      ...findReferrers(schema, name),
      ...(name === "monitor" ? history.map((table) => ({ table, column: "monitor_id" })) : []),
    ];
    for (const { from, to } of moved) {
      renumber(db, name, from, to);
      for (const { table, column } of referrers)
        db.prepare(`UPDATE ${quote(table)} SET ${quote(column)} = ? WHERE ${quote(column)} = ?`).run(
          to,
          from,
        );
    }
    if (name === "monitor") monitors = moved.length;
    if (name === "status_page") files = renameIcons(db, moved, uploadDir);
    lowerCounter(db, name, last + BigInt(moved.length));
  }
  return { monitors, files };
}

function findIds(db: Database, table: string): bigint[] {
  return db
    .prepare<[bigint], bigint>(`SELECT id FROM ${quote(table)} WHERE id >= ? ORDER BY id`)
    .pluck()
    .all(LOCAL_FROM);
}

function findReferrers(
  schema: Schema,
  parent: string,
): { readonly table: string; readonly column: string }[] {
  return [...schema.values()].flatMap((live) =>
    referencesOf(live)
      .filter((reference) => reference.parent === parent)
      .map(({ column }) => ({ table: live.entry.name, column })),
  );
}

/** Taken out and put in again: its values may have to be unique. */
function renumber(db: Database, table: string, from: bigint, to: bigint): void {
  const row = db
    .prepare<[bigint], Record<string, Value>>(`SELECT * FROM ${quote(table)} WHERE id = ?`)
    .get(from);
  if (row === undefined) return;
  const columns = Object.keys(row);
  db.prepare(`DELETE FROM ${quote(table)} WHERE id = ?`).run(from);
  db.prepare(
    `INSERT INTO ${quote(table)} (${columns.map(quote).join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`,
  ).run(columns.map((column) => (column === "id" ? to : (row[column] ?? null))));
}
