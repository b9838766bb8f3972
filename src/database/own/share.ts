import type { Database } from "better-sqlite3";
import type { Value } from "../../snapshot/index.ts";
import { quote } from "../sqlite/connection.ts";
import type { Schema } from "../sqlite/schema.ts";
import { tablesHere } from "../write/history.ts";
import { countedTables, LOCAL_FROM } from "./local.ts";

/**
 * Gives the rows that are this instance's own ids as shared rows have them, with all that refers to them and their history,
 * and sets the counters back: it is the primary now, and what it has is everybody's. Must run in a transaction, with Kuma
 * stopped.
 * @returns how many monitors became everybody's
 */
export function shareLocal(db: Database, schema: Schema): number {
  const history = tablesHere(db);
  let monitors = 0;
  for (const name of schema.keys()) {
    const last = lastShared(db, name, history);
    const moved = findIds(db, name).map((from, at) => ({ from, to: last + 1n + BigInt(at) }));
    for (const { from, to } of moved) {
      renumber(db, name, from, to);
      for (const { table, column } of referrers(schema, name))
        db.prepare(`UPDATE ${quote(table)} SET ${quote(column)} = ? WHERE ${quote(column)} = ?`).run(
          to,
          from,
        );
      if (name !== "monitor") continue;
      monitors += 1;
      for (const table of history)
        db.prepare(`UPDATE ${quote(table)} SET monitor_id = ? WHERE monitor_id = ?`).run(to, from);
    }
    if (countedTables(db, schema).includes(name))
      db.prepare("UPDATE sqlite_sequence SET seq = ? WHERE name = ? AND seq >= ?").run(
        last + BigInt(moved.length),
        name,
        LOCAL_FROM - 1n,
      );
  }
  return monitors;
}

function findIds(db: Database, table: string): bigint[] {
  return db
    .prepare<[bigint], bigint>(`SELECT id FROM ${quote(table)} WHERE id >= ? ORDER BY id`)
    .pluck()
    .all(LOCAL_FROM);
}

/** The greatest id below; of monitors also of those that are gone and whose history is kept: nobody may inherit that. */
function lastShared(db: Database, table: string, history: readonly string[]): bigint {
  const columns = [
    [table, "id"],
    ...(table === "monitor" ? history.map((each) => [each, "monitor_id"]) : []),
  ];
  return columns.reduce((last, [name = "", column = ""]) => {
    const found = db
      .prepare<[bigint], bigint | null>(
        `SELECT max(${quote(column)}) FROM ${quote(name)} WHERE ${quote(column)} < ?`,
      )
      .pluck()
      .get(LOCAL_FROM);
    return found !== null && found !== undefined && found > last ? found : last;
  }, 0n);
}

function referrers(schema: Schema, parent: string): { readonly table: string; readonly column: string }[] {
  return [...schema.values()].flatMap(({ entry, columns }) =>
    (entry.references ?? [])
      .filter((reference) => reference.parent === parent)
      .filter(({ column }) => columns.some(({ name }) => name === column))
      .map(({ column }) => ({ table: entry.name, column })),
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
