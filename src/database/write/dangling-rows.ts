import type { Database } from "better-sqlite3";
import type { Value } from "../../snapshot/index.ts";
import type { CatalogReference } from "../catalog.ts";
import { quote } from "../sqlite/connection.ts";
import type { LiveTable, Schema } from "../sqlite/schema.ts";

/** A row that refers to one which does not exist. */
export interface Dangling {
  readonly table: string;
  readonly id: Value;
  readonly column: string;
  /** What becomes of it once the other is gone. */
  readonly fate: CatalogReference["dangling"];
}

/**
 * What Kuma makes of rows whose parents are deleted: what is there only to connect, a tag of a monitor, goes with
 * either end; a monitor loses its group, its proxy, its docker host (NULL). The catalog says which.
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

/**
 * What refers to nothing now, in all replicated tables, among themselves. Not owners: they differ between instances;
 * Kuma shows a row without one to nobody, and that is not ours to mend.
 */
export function findDangling(db: Database, schema: Schema): Dangling[] {
  return [...schema.values()].flatMap((table) => findIn(db, schema, table));
}

function findIn(db: Database, schema: Schema, { entry, columns }: LiveTable): Dangling[] {
  const isHere = ({ column, parent }: CatalogReference) =>
    schema.has(parent) && columns.some(({ name }) => name === column);
  return (entry.references ?? []).filter(isHere).flatMap(({ column, parent, dangling }) =>
    db
      .prepare<[], bigint>(`
        SELECT id FROM ${quote(entry.name)} WHERE ${quote(column)} IS NOT NULL
        AND ${quote(column)} NOT IN (SELECT id FROM ${quote(parent)})
      `)
      .pluck()
      .all()
      .map((id): Dangling => ({ table: entry.name, id, column, fate: dangling })),
  );
}

function settle(db: Database, { table, id, column, fate }: Dangling): void {
  if (fate === "row goes") db.prepare(`DELETE FROM ${quote(table)} WHERE id = ?`).run(id);
  else db.prepare(`UPDATE ${quote(table)} SET ${quote(column)} = NULL WHERE id = ?`).run(id);
}

function nameDangling({ table, id, column }: Dangling): string {
  return `${table} ${id} ${column}`;
}
