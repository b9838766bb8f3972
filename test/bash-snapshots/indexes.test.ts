import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { at, V1 } from "../support/bash-samples.ts";
import { documentedSql, follow } from "../support/documented.ts";

const INDEXES =
  "SELECT name, tbl_name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name";

test("the documented lines give a replica back the indexes that the bash version took", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "bash-indexes-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "kuma.db");
  copyFileSync(at("kuma-dbs/1.23.17.db"), file);
  const db = new Database(file);
  t.after(() => db.close());
  const before = db.prepare(INDEXES).all();

  // As a replica of the bash version restored.
  db.pragma("foreign_keys = OFF");
  const dump = readFileSync(at(V1), "utf8");
  for (const [, table] of dump.matchAll(/^CREATE TABLE (?:IF NOT EXISTS )?["'[`]?(\w+)/gm))
    db.exec(`DROP TABLE "${table}"`);
  db.exec(dump);
  assert.notDeepEqual(db.prepare(INDEXES).all(), before);

  await follow("The indexes of a replica on 1.23", "", [
    ["Stop the container, and open `kuma.db` in its volume with the `sqlite3` shell.", async () => undefined],
    [
      "Run these lines; what is there already is left alone.",
      async () => {
        db.exec(documentedSql());
        assert.deepEqual(db.prepare(INDEXES).all(), before);
        db.exec(documentedSql());
      },
    ],
  ]);
});
