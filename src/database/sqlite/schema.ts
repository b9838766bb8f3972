import type { Database } from "better-sqlite3";
import { success } from "../../result.ts";
import type { Value } from "../../snapshot/index.ts";
import { accountTables, type CatalogReference, type CatalogTable, catalog } from "../catalog.ts";
import { type Moment, momentOf } from "../moments.ts";
import type { Rules } from "../own/rules.ts";
import { refuse } from "../problems.ts";
import type { DatabaseResult } from "../types.ts";
import { type Affinity, affinityOf, constantDefault } from "./affinity.ts";
import { nameDatabase } from "./connection.ts";

export interface Column {
  readonly name: string;
  readonly affinity: Affinity;
  /** Of a date or a time of day. */
  readonly moment: Moment | undefined;
  readonly notNull: boolean;
  readonly hasDefault: boolean;
  /** undefined when there is none, or when it is an expression such as DATETIME('now'). */
  readonly defaultValue: Value | undefined;
}

/** A column whose values must be ids of another replicated table. */
export interface Reference {
  readonly column: string;
  readonly parent: string;
}

/** A replicated table as this version of Kuma has it. */
export interface LiveTable {
  readonly entry: CatalogTable;
  /** All of them, sorted by name: their order in the schema differs between a fresh and a migrated database. */
  readonly columns: readonly Column[];
  readonly references: readonly Reference[];
}

export type Schema = ReadonlyMap<string, LiveTable>;

/** The replicated tables that this database has; a problem when one is missing that every known version has. */
export function readSchema(db: Database, { accounts = false }: Rules = {}): DatabaseResult<Schema> {
  const schema = new Map<string, LiveTable>();
  for (const entry of accounts ? [...accountTables, ...catalog] : catalog) {
    const columns = readColumns(db, entry.name);
    if (columns.length === 0 && entry.optional) continue;
    if (!columns.some((column) => column.name === "id")) {
      return refuse(
        "schema-unknown",
        `${nameDatabase(db)} has no table ${entry.name} as Uptime Kuma has it.`,
      );
    }
    schema.set(entry.name, { entry, columns, references: readReferences(db, entry.name) });
  }
  return success(schema);
}

/** Those whose column this version of Kuma has. */
export function referencesOf({ entry, columns }: LiveTable): readonly CatalogReference[] {
  return (entry.references ?? []).filter(({ column }) => columns.some(({ name }) => name === column));
}

export function isSelfWritten(entry: CatalogTable, column: string): boolean {
  return entry.selfWritten?.includes(column) ?? false;
}

function readColumns(db: Database, table: string): Column[] {
  return db
    .prepare<[string], { name: string; type: string; notnull: bigint; dflt_value: string | null }>(
      `SELECT name, type, "notnull", dflt_value FROM pragma_table_info(?)`,
    )
    .all(table)
    .map(({ name, type, notnull, dflt_value: expression }) => ({
      name,
      affinity: affinityOf(type),
      moment: momentOf(type),
      notNull: notnull === 1n,
      hasDefault: expression !== null,
      defaultValue: expression === null ? undefined : constantDefault(expression, affinityOf(type)),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function readReferences(db: Database, table: string): Reference[] {
  return db
    .prepare<[string], { column: string; parent: string; key: string | null }>(
      `SELECT "from" AS "column", "table" AS parent, "to" AS key FROM pragma_foreign_key_list(?)`,
    )
    .all(table)
    .filter(({ parent, key }) => (key ?? "id") === "id" && catalog.some((entry) => entry.name === parent));
}
