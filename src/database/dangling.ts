import type { Database } from "better-sqlite3";
import type { Value } from "../snapshot/index.ts";
import { quote } from "./connection.ts";
import type { Schema } from "./schema.ts";

/** A row that refers to one which does not exist. */
export interface Dangling {
  readonly table: string;
  readonly id: Value;
  readonly column: string;
  /** What becomes of it once the other is gone. */
  readonly fate: "goes" | "loses-reference";
}

/**
 * References without a foreign key, whose rows Kuma deletes by itself
 * (deleteStatusPage in server/socket-handlers/status-page-socket-handler.js of 1.23 and 2.5.3).
 */
const PARTS = [
  { table: "group", column: "status_page_id", parent: "status_page" },
  { table: "incident", column: "status_page_id", parent: "status_page" },
] as const;

/**
 * What Kuma makes of rows whose parents are deleted, by its own foreign keys: what is there only to connect, a tag of a
 * monitor, goes with either end (ON DELETE CASCADE); a monitor loses its group, its proxy, its docker host (NULL).
 * @param before those that were there already: Kuma has lived with them
 * @returns what was done, in that order
 */
export function settleDangling(db: Database, schema: Schema, before: readonly Dangling[]): Dangling[] {
  const known = new Set(before.map(nameDangling));
  const settled: Dangling[] = [];
  for (;;) {
    const found = findDangling(db, schema).filter((each) => !known.has(nameDangling(each)));
    if (found.length === 0) return settled;
    for (const each of found) settle(db, each);
    settled.push(...found);
  }
}

/** What refers to nothing now, in all replicated tables, among themselves. */
export function findDangling(db: Database, schema: Schema): Dangling[] {
  const check = db.prepare<
    [string, string],
    { id: bigint; column: string; onDelete: string; parent: string }
  >(`
    SELECT c."rowid" AS id, l."from" AS "column", l.on_delete AS onDelete, c.parent AS parent
    FROM pragma_foreign_key_check(?) c JOIN pragma_foreign_key_list(?) l ON l.id = c.fkid
  `);
  const byKey = [...schema.values()].flatMap(({ entry: { name: table }, columns }) =>
    check
      .all(table, table)
      // Owners differ between instances; Kuma shows a row without one to nobody, and that is not ours to mend.
      .filter(({ parent }) => schema.has(parent))
      .map(({ id, column, onDelete }): Dangling => {
        const mayBeNull = columns.some(({ name, notNull }) => name === column && !notNull);
        return { table, id, column, fate: onDelete === "CASCADE" || !mayBeNull ? "goes" : "loses-reference" };
      }),
  );
  const parts = PARTS.filter(({ table }) => schema.has(table)).flatMap(({ table, column, parent }) =>
    db
      .prepare<[], bigint>(`
        SELECT id FROM ${quote(table)} WHERE ${quote(column)} IS NOT NULL
        AND ${quote(column)} NOT IN (SELECT id FROM ${quote(parent)})
      `)
      .pluck()
      .all()
      .map((id): Dangling => ({ table, id, column, fate: "goes" })),
  );
  return [...byKey, ...parts];
}

function settle(db: Database, { table, id, column, fate }: Dangling): void {
  if (fate === "goes") db.prepare(`DELETE FROM ${quote(table)} WHERE id = ?`).run(id);
  else db.prepare(`UPDATE ${quote(table)} SET ${quote(column)} = NULL WHERE id = ?`).run(id);
}

function nameDangling({ table, id, column }: Dangling): string {
  return `${table} ${id} ${column}`;
}
