import type { Database } from "better-sqlite3";
import { catalog } from "../database/index.ts";
import { type Result, success } from "../result.ts";
import type { Content, Row, Table } from "../snapshot/index.ts";
import { type BashSnapshotProblem, invalid } from "./problems.ts";

/**
 * What was loaded, as content: by the names of columns, without those that Uptime Kuma writes by itself.
 * @param tables those that the bash version speaks of
 */
export function readTables(db: Database, tables: readonly string[]): Result<Content, BashSnapshotProblem> {
  const spoken = catalog.filter(({ name }) => tables.includes(name));
  const read: Table[] = [];
  for (const { name, owner, selfWritten = [] } of spoken) {
    const columns = db
      .prepare<[string], string>("SELECT name FROM pragma_table_info(?) ORDER BY name")
      .pluck()
      .all(name)
      .filter((column) => !selfWritten.includes(column))
      // By code units, as snapshots have them; SQLite's order is the same for what Kuma has.
      .sort();
    if (!columns.includes("id")) return invalid(`its table ${name} has no column id`);
    const list = columns.map((column) => `"${column.replaceAll('"', '""')}"`).join(", ");
    read.push({
      name,
      columns,
      ...(owner !== undefined && columns.includes(owner) ? { owner } : {}),
      rows: db.prepare<[], Row>(`SELECT ${list} FROM "${name}" ORDER BY id`).raw().all(),
    });
  }
  const silent = catalog.map(({ name }) => name).filter((name) => !tables.includes(name));
  return success({ tables: read, files: [], omits: [...silent, "file"] });
}
