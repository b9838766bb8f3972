import type { Database } from "better-sqlite3";
import { type CatalogTable, catalog } from "../database/index.ts";
import { type Result, success } from "../result.ts";
import { fieldValue, typeOf } from "./columns.ts";
import { readCsv } from "./csv.ts";
import { type BashSnapshotProblem, incomplete, invalid } from "./problems.ts";

/** What the version for Uptime Kuma 2 exports, and we take. It has no file for a table without rows. */
export const EXPORTED_TABLES: readonly string[] = [
  ...[
    "group",
    "tag",
    "notification",
    "status_page",
    "proxy",
    "remote_browser",
    "incident",
    "maintenance",
    "monitor",
  ],
  ...[
    "monitor_notification",
    "monitor_group",
    "monitor_tag",
    "monitor_maintenance",
    "maintenance_status_page",
  ],
];

/** An Uptime Kuma that has been set up always has an account. */
const ALWAYS_THERE = "user";

/**
 * Loads CSV files into an empty database. A table whose export had failed has no file either, and the bash version
 * published the rest: that is noticed where an account or what others refer to is missing.
 * @param files name of the table to its file's text
 */
export function loadExports(
  db: Database,
  files: ReadonlyMap<string, string>,
): Result<void, BashSnapshotProblem> {
  if (!files.has(ALWAYS_THERE)) return incomplete(`it has no ${ALWAYS_THERE}.csv, so its export had failed`);
  for (const table of EXPORTED_TABLES) {
    const loaded = loadTable(db, table, files.get(table));
    if (!loaded.ok) return loaded;
  }
  const lacking = catalog
    .map((entry) => findWithoutFile(db, entry, files))
    .find((each) => each !== undefined);
  return lacking === undefined ? success(undefined) : incomplete(lacking);
}

function loadTable(db: Database, table: string, text: string | undefined): Result<void, BashSnapshotProblem> {
  const [columns = ["id"], ...records] = text === undefined ? [] : (readCsv(text) ?? []);
  if (text !== undefined && records.length === 0) return incomplete(`its ${table}.csv is cut off`);
  const isWhole = records.every((record) => record.length === columns.length);
  const isKnown = columns.includes("id") && columns.every((column) => /^[a-z][a-z0-9_]*$/.test(column));
  if (!isWhole || !isKnown) return invalid(`its ${table}.csv does not have the form of an export`);
  try {
    db.exec(
      `CREATE TABLE "${table}" (${columns.map((column) => `"${column}" ${typeOf(column)}`).join(", ")})`,
    );
    const insert = db.prepare(`INSERT INTO "${table}" VALUES (${columns.map(() => "?").join(", ")})`);
    for (const record of records)
      insert.run(record.map((field, position) => fieldValue(table, columns[position] ?? "", field)));
    return success(undefined);
  } catch {
    // An id twice, or that is no number.
    return invalid(`its ${table}.csv cannot be read as a table`);
  }
}

/** Why a table cannot be all that there was: its rows belong to those of a table without a file. */
function findWithoutFile(
  db: Database,
  { name, references = [] }: CatalogTable,
  files: ReadonlyMap<string, string>,
): string | undefined {
  if (!files.has(name)) return undefined;
  const columns = db.prepare<[string], string>("SELECT name FROM pragma_table_info(?)").pluck().all(name);
  const broken = references.find(({ column, parent }) => {
    if (files.has(parent) || !EXPORTED_TABLES.includes(parent) || !columns.includes(column)) return false;
    return db.prepare(`SELECT 1 FROM "${name}" WHERE "${column}" IS NOT NULL LIMIT 1`).get() !== undefined;
  });
  return broken && `its ${name}.csv refers to ${broken.parent}, but there is no ${broken.parent}.csv`;
}
