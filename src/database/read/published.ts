import type { Database } from "better-sqlite3";
import type { CatalogReference } from "../catalog.ts";
import { isUnsettled, type Moment, settledMoment } from "../moments.ts";
import { sharedRows } from "../own/local.ts";
import { publishedActive } from "../own/push.ts";
import type { Rules } from "../own/rules.ts";
import { quote } from "../sqlite/connection.ts";
import { type Column, type LiveTable, referencesOf, type Schema } from "../sqlite/schema.ts";
import { settledZone } from "./zone.ts";

/** Gives what stands for a table in FROM, so that a statement sees the rows that are published. */
export type PublishedRows = (table: LiveTable) => string;

/**
 * What is published of each table, and hashed: not the rows that Kuma cannot reach since what they belong to is gone,
 * no reference to nothing, no zone that depends on the instance, dates in one form, no pause that is ours alone. What
 * is left in Kuma's own tables stays as it is. Good for one transaction: it looks for what points at nothing, so that
 * where nothing does a table is read as it is.
 * @param zone from `readServerZone`
 */
export function publishedRows(db: Database, schema: Schema, zone: string, rules: Rules = {}): PublishedRows {
  /** Table name to what stands for its reachable rows; a parent comes before what refers to it. */
  const reachable = new Map<string, string>();
  const published = new Map<string, string>();
  for (const table of schema.values()) {
    const { name } = table.entry;
    const shared = sharedRows(schema, table, rules);
    reachable.set(name, shared);
    const dangling = referencesOf(table).filter((reference) => isDangling(name, reference));
    const conditions = dangling.filter((reference) => reference.dangling === "row goes").map(isKept);
    const rows =
      conditions.length === 0 ? shared : `(SELECT * FROM ${shared} AS own WHERE ${conditions.join(" AND ")})`;
    reachable.set(name, rows);
    published.set(name, settle(table, rows, dangling));
  }
  return ({ entry }) => published.get(entry.name) ?? quote(entry.name);

  /** The rows with other values in the columns that have to be settled. */
  function settle(
    { entry, columns }: LiveTable,
    rows: string,
    dangling: readonly CatalogReference[],
  ): string {
    const settled = new Map(
      dangling
        .filter((reference) => reference.dangling === "becomes NULL")
        .map((reference) => [
          reference.column,
          `CASE WHEN ${exists(reference)} THEN ${own(reference.column)} END`,
        ]),
    );
    for (const { name, moment } of unsettledColumns(db, entry.name, columns))
      settled.set(name, settledMoment(own(name), moment));
    if (entry.zone !== undefined) settled.set(entry.zone, settledZone("own", entry.zone, zone));
    const active = entry.name === "monitor" ? publishedActive(db, "own") : undefined;
    if (active !== undefined) settled.set("active", active);
    if (settled.size === 0) return rows;
    const list = columns.map(({ name }) => `${settled.get(name) ?? own(name)} AS ${quote(name)}`);
    return `(SELECT ${list.join(", ")} FROM ${rows} AS own)`;
  }

  function isDangling(table: string, reference: CatalogReference): boolean {
    const find = `SELECT 1 FROM ${reachable.get(table) ?? quote(table)} AS own WHERE NOT ${isKept(reference)} LIMIT 1`;
    return db.prepare(find).get() !== undefined;
  }

  function isKept(reference: CatalogReference): string {
    return `(${own(reference.column)} IS NULL OR ${exists(reference)})`;
  }

  function exists({ column, parent }: CatalogReference): string {
    const rows = reachable.get(parent);
    if (rows === undefined) return "0";
    return `EXISTS (SELECT 1 FROM ${rows} AS parent WHERE parent.id = ${own(column)})`;
  }
}

function own(column: string): string {
  return `own.${quote(column)}`;
}

/** Those columns of a table that have a value in another form. */
export function unsettledColumns(
  db: Database,
  table: string,
  columns: readonly Column[],
): { readonly name: string; readonly moment: Moment }[] {
  return columns.flatMap(({ name, moment }) => {
    if (moment === undefined) return [];
    const find = `SELECT 1 FROM ${quote(table)} WHERE ${isUnsettled(quote(name), moment)} LIMIT 1`;
    return db.prepare(find).get() === undefined ? [] : [{ name, moment }];
  });
}
