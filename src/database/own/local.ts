import type { Database } from "better-sqlite3";
import type { Content, Value } from "../../snapshot/index.ts";
import { type CatalogReference, isAccountTable } from "../catalog.ts";
import { quote } from "../sqlite/connection.ts";
import { type LiveTable, referencesOf, type Schema } from "../sqlite/schema.ts";
import type { Rules } from "./rules.ts";

/**
 * The least id of a row that is this instance's own. The counters of a replica are raised to it, so that Kuma itself
 * gives such ids to what people add, and no id of the primary's is ever taken. It fits a signed 32-bit integer, which
 * Kuma's columns are on MariaDB.
 */
export const LOCAL_FROM = 1_000_000_000n;

/** Table name to the ids of its rows that are this instance's own. */
export type LocalIds = ReadonlyMap<string, ReadonlySet<Value>>;

/**
 * The condition under which a row is this instance's own: by its id, or where it is only there to belong to others, by
 * one of those. So a shared monitor may have a notification of this instance's own, and the other way round. Kuma makes
 * such rows anew at each save, so their own ids tell nothing.
 * @param row the name under which the statement knows the table
 */
function isLocalRow(schema: Schema, live: LiveTable, row: string): string {
  const owners = ownersOf(schema, live);
  if (isAccountTable(live.entry.name)) return "0";
  if (owners.length === 0) return `${row}.id >= ${LOCAL_FROM}`;
  const conditions = owners.map(({ column, parent }) => {
    const own = `${row}.${quote(column)}`;
    const live = schema.get(parent);
    if (live === undefined || ownersOf(schema, live).length === 0)
      return `ifnull(${own}, 0) >= ${LOCAL_FROM}`;
    return `${own} IN (SELECT id FROM ${quote(parent)} AS parent WHERE ${isLocalRow(schema, live, "parent")})`;
  });
  const belongs = `(${conditions.join(" OR ")})`;
  // What others belong to in turn must not change its id: one that the primary made is never this instance's own.
  return isParent(schema, live) ? `(${row}.id >= ${LOCAL_FROM} AND ${belongs})` : belongs;
}

function isParent(schema: Schema, { entry: { name } }: LiveTable): boolean {
  return [...schema.values()].some(({ entry }) => entry.references?.some(({ parent }) => parent === name));
}

/** What a row belongs to: it goes with these. */
function ownersOf(schema: Schema, live: LiveTable): readonly CatalogReference[] {
  return referencesOf(live).filter(({ parent, dangling }) => dangling === "row goes" && schema.has(parent));
}

/** All of them; none where the rules have none. */
export function findLocal(db: Database, schema: Schema, { keepsLocal = false }: Rules): LocalIds {
  return new Map(
    [...schema.values()].map((live) => {
      const name = quote(live.entry.name);
      const find = `SELECT id FROM ${name} AS own WHERE ${isLocalRow(schema, live, "own")}`;
      return [live.entry.name, new Set(keepsLocal ? db.prepare<[], Value>(find).pluck().all() : [])];
    }),
  );
}

/** What stands in FROM for the rows of a table that are not this instance's own. */
export function sharedRows(schema: Schema, live: LiveTable, { keepsLocal = false }: Rules): string {
  const name = quote(live.entry.name);
  if (!keepsLocal) return name;
  return `(SELECT * FROM ${name} AS own WHERE NOT ${isLocalRow(schema, live, "own")})`;
}

/** No row that is shared may have an id of those that are a replica's own. A sentence about all that do. */
export function describeLocalIds({ tables }: Content): string[] {
  const found = tables.filter(({ columns, rows }) => {
    const position = columns.indexOf("id");
    return rows.some((row) => typeof row[position] === "bigint" && row[position] >= LOCAL_FROM);
  });
  if (found.length === 0) return [];
  return [
    `Ids from ${LOCAL_FROM} on in ${found.map(({ name }) => name).join(", ")} are for what is a replica's own: a restart of the primary's container gives these rows others.`,
  ];
}

/** Sees to it that Kuma gives local ids from now on; no counter is ever lowered. Must run in a transaction. */
export function raiseCounters(db: Database, schema: Schema): void {
  const last = LOCAL_FROM - 1n;
  const raise = db.prepare("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?");
  const begin = db.prepare("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)");
  for (const name of countedTables(db, schema)) {
    if (raise.run(last, name).changes === 0) begin.run(name, last);
  }
}

/**
 * Has Kuma give shared ids again, once no row has a local one. @param last the greatest id that is given away for good
 */
export function lowerCounter(db: Database, table: string, last: bigint): void {
  db.prepare("UPDATE sqlite_sequence SET seq = ? WHERE name = ? AND seq >= ?").run(
    last,
    table,
    LOCAL_FROM - 1n,
  );
}

/**
 * The greatest shared id; of monitors also of those that are gone and whose history is kept: nobody may inherit that.
 */
export function lastShared(db: Database, table: string, history: readonly string[]): bigint {
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

/** Whether Kuma gives local ids now. */
export function areCountersRaised(db: Database): boolean {
  return db.prepare("SELECT 1 FROM sqlite_sequence WHERE seq >= ?").get(LOCAL_FROM - 1n) !== undefined;
}

/** Those whose ids are given by a counter. */
function countedTables(db: Database, schema: Schema): string[] {
  const isCounted = db.prepare("SELECT 1 FROM sqlite_master WHERE name = ? AND sql LIKE '%AUTOINCREMENT%'");
  return [...schema.keys()].filter((name) => !isAccountTable(name) && isCounted.get(name) !== undefined);
}
