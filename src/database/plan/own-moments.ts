import type { Database } from "better-sqlite3";
import type { Content, Row, Table, Value } from "../../snapshot/index.ts";
import { type Moment, settleMoment } from "../moments.ts";
import { unsettledColumns } from "../read/published.ts";
import { quote } from "../sqlite/connection.ts";
import type { Schema } from "../sqlite/schema.ts";

/**
 * Content with dates and times of day in the one form, also that of a release which published them in any, and with
 * what stands here where that means the same: so where nothing but the form differs Kuma need not stop.
 */
export function keepOwnMoments(db: Database, schema: Schema, content: Content): Content {
  return { ...content, tables: content.tables.map(keepInTable) };

  function keepInTable(table: Table): Table {
    const columns = schema.get(table.name)?.columns ?? [];
    const own = new Map(
      unsettledColumns(db, table.name, columns).map(({ name }) => [name, readColumn(db, table.name, name)]),
    );
    const idColumn = table.columns.indexOf("id");
    const settled = columns.flatMap(({ name, moment }) => {
      const position = table.columns.indexOf(name);
      return moment === undefined || position < 0 ? [] : [{ position, moment, own: own.get(name) }];
    });
    if (settled.length === 0) return table;
    const keep = (row: Row): Row =>
      settled.reduce((changed, { position, moment, own: here }) => {
        const wanted = row[position] ?? null;
        const value = choose(wanted, here?.get(row[idColumn] ?? null), moment);
        return value === wanted ? changed : changed.with(position, value);
      }, row);
    return { ...table, rows: table.rows.map(keep) };
  }
}

function choose(wanted: Value, here: Value | undefined, moment: Moment): Value {
  const value = settleMoment(wanted, moment);
  return here !== undefined && settleMoment(here, moment) === value ? here : value;
}

/** By id. */
function readColumn(db: Database, table: string, column: string): ReadonlyMap<Value, Value> {
  const rows = db
    .prepare<[], [Value, Value]>(`SELECT id, ${quote(column)} FROM ${quote(table)}`)
    .raw()
    .all();
  return new Map(rows);
}
