import type { Content, Row, Table, Value } from "../../snapshot/index.ts";
import { type CatalogReference, catalog } from "../catalog.ts";
import { nameRows } from "./name-rows.ts";

/**
 * Content as `publishedRows` would read it, and a sentence about each column in which something pointed at nothing. A
 * snapshot of a release that published such rows holds them still.
 */
export function dropDangling(content: Content): { readonly content: Content; readonly notes: string[] } {
  const notes: string[] = [];
  /**
   * Table name to its ids, less those of rows that go: a table refers to an earlier one of the catalog, or to itself.
   */
  const ids = new Map(content.tables.map((table) => [table.name, idsOf(table)]));
  const settled = new Map<string, Table>();
  for (const { name, references = [] } of catalog) {
    const table = content.tables.find((each) => each.name === name);
    if (table === undefined || references.length === 0) continue;
    const left = references.reduce(settle, table);
    settled.set(name, left);
    ids.set(name, idsOf(left));
  }
  return {
    content: { ...content, tables: content.tables.map((each) => settled.get(each.name) ?? each) },
    notes,
  };

  function settle(table: Table, reference: CatalogReference): Table {
    const parents = ids.get(reference.parent);
    const position = table.columns.indexOf(reference.column);
    if (position < 0 || parents === undefined) return table;
    const isDangling = (row: Row): boolean => {
      const value = row[position] ?? null;
      return value !== null && !parents.has(value);
    };
    const dangling = table.rows.filter(isDangling);
    if (dangling.length === 0) return table;
    notes.push(describe(reference, nameRows(table, dangling)));
    const rows = table.rows.flatMap((row) => {
      if (!isDangling(row)) return [row];
      return reference.dangling === "row goes" ? [] : [row.with(position, null)];
    });
    return { ...table, rows };
  }
}

/** @param rows from `nameRows` */
function describe({ column, parent, dangling }: CatalogReference, rows: string): string {
  return dangling === "row goes"
    ? `${rows}: left out, for ${column} names a row of ${parent} that does not exist.`
    : `${rows}: ${column} left empty, for it names a row of ${parent} that does not exist.`;
}

function idsOf({ columns, rows }: Table): ReadonlySet<Value> {
  const position = columns.indexOf("id");
  return new Set(rows.map((row) => row[position] ?? null));
}
