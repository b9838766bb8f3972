import type { Database } from "better-sqlite3";
import type { Content, Value } from "../../snapshot/index.ts";
import { quote } from "../sqlite/connection.ts";
import type { LiveTable, Schema } from "../sqlite/schema.ts";
import { nameRows } from "./name-rows.ts";

/** References that lead nowhere, each as "table id parent". */
export type BrokenReferences = ReadonlySet<string>;

/** Names a reference so that those from before a change can be told from those after it. */
function nameReference(table: string, id: Value | undefined, parent: string): string {
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

/**
 * The rows of content that would point at nothing and that nobody knows what Kuma makes of: those of which it is known
 * are settled before (dangling.ts). A sentence for each column.
 * @param known what is broken here already is not the content's fault: Kuma has lived with it
 */
export function describeUnresolved(
  db: Database,
  schema: Schema,
  content: Content,
  known: BrokenReferences,
): string[] {
  const ids = idsAfter(db, schema, content);
  return content.tables.flatMap((table) => {
    const idColumn = table.columns.indexOf("id");
    return (schema.get(table.name)?.references ?? []).flatMap(({ column, parent }) => {
      const position = table.columns.indexOf(column);
      const broken = table.rows.filter((row) => {
        const value = row[position] ?? null;
        if (value === null || ids.get(parent)?.has(value)) return false;
        return !known.has(nameReference(table.name, row[idColumn], parent));
      });
      if (broken.length === 0) return [];
      return [`${nameRows(table, broken)}: ${column} names a row of ${parent} that does not exist.`];
    });
  });
}

/** In sentences. */
export function describeBroken(references: readonly string[]): string {
  return references
    .map((reference) => {
      const [table, id, parent] = reference.split(" ");
      return `Row ${id} of table ${table} names a row of ${parent} that does not exist.`;
    })
    .join(" ");
}

/** Table name to the ids that it will have once the content is here; tables that the content lacks stay as they are. */
function idsAfter(db: Database, schema: Schema, content: Content): ReadonlyMap<string, ReadonlySet<Value>> {
  const ids = (table: LiveTable["entry"]): Set<Value> => {
    const replaced = content.tables.find(({ name }) => name === table.name);
    if (!replaced)
      return new Set(
        db
          .prepare<[], bigint>(`SELECT id FROM ${quote(table.name)}`)
          .pluck()
          .all(),
      );
    const idColumn = replaced.columns.indexOf("id");
    return new Set(replaced.rows.map((row) => row[idColumn] ?? null));
  };
  return new Map([...schema.values()].map(({ entry }) => [entry.name, ids(entry)]));
}
