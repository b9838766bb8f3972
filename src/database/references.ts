import type { Database } from "better-sqlite3";
import type { Content, Value } from "../snapshot/index.ts";
import type { LiveTable, Schema } from "./schema.ts";

/** References that lead nowhere, each as "table id parent". */
export type BrokenReferences = ReadonlySet<string>;

/** Names a reference so that those from before a change can be told from those after it. */
export function nameReference(table: string, id: Value | undefined, parent: string): string {
  return `${table} ${id} ${parent}`;
}

/** What is broken in the replicated tables now. Never looks at a history table: those may have millions of rows. */
export function findBrokenReferences(db: Database, schema: Schema): BrokenReferences {
  const check = db.prepare<[string], { rowid: bigint; parent: string }>(
    `SELECT "rowid", parent FROM pragma_foreign_key_check(?)`,
  );
  return new Set(
    [...schema.keys()].flatMap((table) =>
      check.all(table).map(({ rowid, parent }) => nameReference(table, rowid, parent)),
    ),
  );
}

/** Table name to the ids that it will have once the content is here; tables that the content lacks stay as they are. */
export function idsAfter(
  db: Database,
  schema: Schema,
  content: Content,
): ReadonlyMap<string, ReadonlySet<Value>> {
  const ids = (table: LiveTable["entry"]): Set<Value> => {
    const replaced = content.tables.find(({ name }) => name === table.name);
    if (!replaced) return new Set(db.prepare<[], bigint>(`SELECT id FROM "${table.name}"`).pluck().all());
    const idColumn = replaced.columns.indexOf("id");
    return new Set(replaced.rows.map((row) => row[idColumn] ?? null));
  };
  return new Map([...schema.values()].map(({ entry }) => [entry.name, ids(entry)]));
}
