import assert from "node:assert/strict";
import { test } from "node:test";
import Database from "better-sqlite3";
import { fieldValue, typeOf } from "../../src/bash-snapshots/columns.ts";
import { EXPORTED_TABLES } from "../../src/bash-snapshots/exports.ts";
import { affinityOf } from "../../src/database/sqlite/affinity.ts";
import { at } from "../support/bash-samples.ts";

/** Releases of Uptime Kuma 2, which the CSV version is for. */
const VERSIONS = ["2.0.2", "2.3.2", "2.5.3"];

interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly notNull: boolean;
}

function columnsOf(version: string): Column[] {
  const db = new Database(at(`kuma-dbs/${version}.db`), { readonly: true });
  try {
    return EXPORTED_TABLES.flatMap((table) =>
      db
        .prepare<[string], { name: string; type: string; notnull: number }>(
          `SELECT name, type, "notnull" FROM pragma_table_info(?)`,
        )
        .all(table)
        .map(({ name, type, notnull }) => ({ table, name, type, notNull: notnull === 1 })),
    );
  } finally {
    db.close();
  }
}

/** As the list of `typeOf` has it: dates are text in CSV files, and stay so in a column of any kind. */
function kindOf({ name, type }: Column): string {
  if (name === "id") return "INTEGER PRIMARY KEY";
  const affinity = affinityOf(type);
  if (affinity === "TEXT" || /^(date|time)/i.test(type)) return "TEXT";
  return affinity === "REAL" ? "REAL" : "NUMERIC";
}

for (const version of VERSIONS) {
  test(`every column of Uptime Kuma ${version} is declared as its own table stores it`, () => {
    const columns = columnsOf(version);
    assert.ok(columns.length > 150, `${columns.length}`);
    const others = columns.filter((column) => typeOf(column.name) !== kindOf(column));
    assert.deepEqual(others, []);
  });

  test(`the text null of a CSV file is NULL but where Uptime Kuma ${version} allows none`, () => {
    const others = columnsOf(version).filter(({ table, name, notNull, ...column }) => {
      const isText =
        kindOf({ table, name, notNull, ...column }) === "TEXT" && !/^(date|time)/i.test(column.type);
      return (fieldValue(table, name, "null") === "null") !== (notNull && isText);
    });
    assert.deepEqual(others, []);
  });
}
