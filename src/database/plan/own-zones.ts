import type { Database } from "better-sqlite3";
import type { Content, Row, Table, Value } from "../../snapshot/index.ts";
import { settledZone } from "../read/zone.ts";
import { quote } from "../sqlite/connection.ts";
import type { Schema } from "../sqlite/schema.ts";

/**
 * Content with what stands here in place of a zone that means the same here: so a primary that applies its own snapshot
 * keeps its "same as server", and where nothing changes Kuma need not stop.
 * @param zone from `readServerZone`
 */
export function keepOwnZones(db: Database, schema: Schema, content: Content, zone: string): Content {
  return { ...content, tables: content.tables.map(keepInTable) };

  function keepInTable(table: Table): Table {
    const column = schema.get(table.name)?.entry.zone;
    const position = column === undefined ? -1 : table.columns.indexOf(column);
    if (column === undefined || position < 0) return table;
    const meant = settledZone("own", column, zone);
    const here = db
      .prepare<[], { id: Value; value: Value; meant: Value }>(
        `SELECT id, ${quote(column)} AS value, ${meant} AS meant FROM ${quote(table.name)} AS own`,
      )
      .all();
    const byId = new Map(here.map((row) => [row.id, row]));
    const keep = (row: Row): Row => {
      const own = byId.get(row[table.columns.indexOf("id")] ?? null);
      return own !== undefined && row[position] === own.meant ? row.with(position, own.value) : row;
    };
    return { ...table, rows: table.rows.map(keep) };
  }
}
