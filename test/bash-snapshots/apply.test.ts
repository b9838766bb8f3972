import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import Database from "better-sqlite3";
import { convert } from "../../src/bash-snapshots/convert.ts";
import { catalog } from "../../src/database/index.ts";
import type { Snapshot } from "../../src/snapshot/index.ts";
import {
  dump,
  IDS,
  type Instance,
  isPrivate,
  makeInstance,
  query,
  sql,
  type Version,
  value,
} from "../database/fixtures.ts";
import { at, filesOf, HEAD, V1 } from "../support/bash-samples.ts";
import { makeTar } from "../support/tar.ts";

const ORIGIN = { instanceName: "old", createdAt: "2026-11-23T08:00:00.000Z" };

const SAMPLES = [
  {
    name: "the dump of 1.23.17",
    source: "1.23.17",
    snapshot: () => value(convert(readFileSync(at(V1)), { form: "dump", ...ORIGIN })),
    onto: ["1.23.17", "2.0.2", "2.5.3"],
  },
  {
    name: "the exports of 2.3.2",
    source: "2.3.2",
    snapshot: () =>
      value(convert(makeTar(filesOf(at(HEAD), "/sqlite_exports/")), { form: "archive", ...ORIGIN })),
    onto: ["2.3.2", "2.5.3"],
  },
] as const satisfies readonly {
  name: string;
  source: Version;
  snapshot: () => Snapshot;
  onto: readonly Version[];
}[];

/** An Uptime Kuma on which much is other than in the samples. */
function makeOther(instance: Instance): void {
  sql(
    instance,
    "PRAGMA foreign_keys = ON",
    "UPDATE monitor SET name = 'other', url = 'http://other.example', interval = 77, timeout = 5.5 WHERE id IN (2, 3, 4)",
    "DELETE FROM monitor WHERE id > 9",
    "DELETE FROM monitor_tag",
    "DELETE FROM incident",
    "INSERT INTO tag (name, color) VALUES ('mine', '#000')",
    "UPDATE status_page SET slug = id || 'x'",
    "UPDATE maintenance SET title = 'other', duration = 1",
    "DELETE FROM notification WHERE id = 2",
  );
}

/** Rows by the columns that both have; times with seconds, as they are published and applied. */
function rowsOf(file: string, table: string, columns: readonly string[]): unknown[] {
  const db = new Database(file, { readonly: true });
  try {
    const rows = db
      .prepare<[], Record<string, unknown>>(
        `SELECT ${columns.map((name) => `"${name}"`).join(", ")} FROM "${table}" ORDER BY id`,
      )
      .all();
    return rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([column, value]) => [column, withSeconds(value)])),
    );
  } finally {
    db.close();
  }
}

function withSeconds(value: unknown): unknown {
  const isShort = typeof value === "string" && /^(\d{4}-\d\d-\d\d )?\d\d:\d\d$/.test(value);
  return isShort ? `${value}:00` : value;
}

function columnsOf(file: string, table: string): string[] {
  const db = new Database(file, { readonly: true });
  try {
    return db.prepare<[string], string>("SELECT name FROM pragma_table_info(?)").pluck().all(table);
  } finally {
    db.close();
  }
}

describe("a snapshot of the bash version", () => {
  for (const { name, source, snapshot, onto } of SAMPLES)
    for (const version of onto)
      it(`applies whole, and can be undone: ${name} onto ${version}`, (t) => {
        const instance = makeInstance(t, version);
        makeOther(instance);
        const before = dump(instance);
        const { content } = snapshot();
        const hiddenBefore = dump(instance, (table) => content.omits?.includes(table) ?? false);
        const privateBefore = dump(
          instance,
          (table) => isPrivate(table) && !/^(heartbeat|stat_)/.test(table),
        );
        value(instance.kuma.apply(snapshot(), IDS));
        for (const { name: table, rows } of content.tables) {
          const theirs = columnsOf(at(`kuma-dbs/${source}.db`), table);
          const { selfWritten = [] } = catalog.find((entry) => entry.name === table) ?? {};
          const shared = columnsOf(instance.file, table).filter(
            (column) => theirs.includes(column) && !selfWritten.includes(column),
          );
          if (rows.length === 0) continue;
          assert.deepEqual(
            rowsOf(instance.file, table, shared),
            rowsOf(at(`kuma-dbs/${source}.db`), table, shared),
            table,
          );
        }
        assert.deepEqual(
          dump(instance, (table) => content.omits?.includes(table) ?? false),
          hiddenBefore,
        );
        assert.deepEqual(
          dump(instance, (table) => isPrivate(table) && !/^(heartbeat|stat_)/.test(table)),
          privateBefore,
        );
        assert.deepEqual(query(instance, "PRAGMA foreign_key_check(monitor)"), []);
        value(instance.kuma.rollBack());
        assert.deepEqual(dump(instance), before);
      });

  it("has nothing to change in the Uptime Kuma that it is from", (t) => {
    for (const { snapshot, source } of SAMPLES)
      assert.equal(value(makeInstance(t, source).kuma.plan(snapshot())).empty, true, source);
  });
});
