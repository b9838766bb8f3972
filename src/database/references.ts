import type { Database } from "better-sqlite3";
import { success } from "../result.ts";
import type { Content, Value } from "../snapshot/index.ts";
import { quote } from "./connection.ts";
import { refuse } from "./problems.ts";
import type { LiveTable, Schema } from "./schema.ts";
import type { DatabaseResult } from "./types.ts";

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
 * Refuses content with a row that would point at nothing. Those that are broken here already are not its fault: Kuma has
 * lived with them.
 */
export function checkReferences(db: Database, schema: Schema, content: Content): DatabaseResult<void> {
  const ids = idsAfter(db, schema, content);
  const known = findBrokenReferences(db, schema);
  for (const table of content.tables) {
    const idColumn = table.columns.indexOf("id");
    for (const { column, parent } of schema.get(table.name)?.references ?? []) {
      const position = table.columns.indexOf(column);
      const broken = table.rows.find((row) => {
        const value = row[position] ?? null;
        if (value === null || ids.get(parent)?.has(value)) return false;
        return !known.has(nameReference(table.name, row[idColumn], parent));
      });
      if (broken) return refuseReference(table.name, broken[idColumn], parent);
    }
  }
  return success(undefined);
}

/** A row of the snapshot that would point at nothing. */
export function refuseReference(table: string, id: unknown, parent: string) {
  return refuse(
    "snapshot-inconsistent",
    `Row ${id} of table ${table} refers to a row of ${parent} that the snapshot does not have.`,
  );
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
