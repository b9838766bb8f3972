import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import { catalog } from "../../src/database/catalog.ts";
import { openSqlite } from "../../src/database/index.ts";
import { projectFolder } from "../support/paths.ts";
import { value } from "./fixtures.ts";

/** A database that its Kuma has open, as it has: with a WAL that is always there. */
function openUsed(t: TestContext, version = "2.5.3") {
  const folder = mkdtempSync(join(tmpdir(), "look-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "kuma.db");
  copyFileSync(join(projectFolder, `test/fixtures/kuma-dbs/${version}.db`), file);
  const kuma = new Database(file);
  t.after(() => kuma.close());
  kuma.pragma("journal_mode = WAL");
  const beat = () =>
    kuma.exec(
      "INSERT INTO heartbeat (monitor_id, status, msg, time) VALUES (2, 1, hex(randomblob(300)), '2026-01-01 00:00:00')",
    );
  beat();
  return {
    kuma,
    beat,
    database: openSqlite({ file, uploadDir: join(folder, "upload"), kumaVersion: version }),
  };
}

const UNSEEN = "not hashed";

test("heartbeats, however many, are not hashed for", (t) => {
  const { kuma, beat, database } = openUsed(t);
  let look = { ...value(database.look(undefined)), contentHash: UNSEEN };
  for (let round = 0; round < 15; round += 1) {
    for (let beats = 0; beats < 10; beats += 1) beat();
    look = value(database.look(look));
    assert.equal(look.contentHash, UNSEEN, `round ${round}`);
  }
  kuma.exec("UPDATE monitor SET weight = weight + 1 WHERE id = 2");
  assert.equal(value(database.look(look)).contentHash, value(database.hash()));
});

for (const version of ["1.23.17", "2.5.3"])
  test(`a change of any replicated table of ${version} among heartbeats is found`, (t) => {
    const { kuma, beat, database } = openUsed(t, version);
    for (const { name } of catalog) {
      const columns = kuma.pragma(`table_info("${name}")`) as { name: string; type: string }[];
      const text = columns.find(
        (column) => /char|text/i.test(column.type) && !/json|date|time/.test(column.name),
      );
      if (text === undefined) continue;
      for (const edit of [
        `UPDATE "${name}" SET "${text.name}" = hex(randomblob(4)) WHERE id = (SELECT max(id) FROM "${name}")`,
        `UPDATE "${name}" SET "${text.name}" = hex(randomblob(20000)) WHERE id = (SELECT max(id) FROM "${name}")`,
      ]) {
        const before = value(database.look(undefined));
        beat();
        const { changes } = kuma.prepare(edit).run();
        beat();
        const after = value(database.look(before));
        assert.equal(after.contentHash, value(database.hash()), edit);
        if (changes > 0) assert.notEqual(after.contentHash, before.contentHash, edit);
      }
    }
  });

test("a change is found though the WAL was begun anew since, and though it was undone in between", (t) => {
  const { kuma, beat, database } = openUsed(t);
  const before = value(database.look(undefined));
  kuma.exec("UPDATE tag SET name = 'first'");
  kuma.pragma("wal_checkpoint(RESTART)");
  beat();
  const renewed = value(database.look(before));
  assert.equal(renewed.contentHash, value(database.hash()));
  assert.notEqual(renewed.contentHash, before.contentHash);
  kuma.pragma("cache_size = 1");
  kuma.exec("BEGIN; UPDATE monitor SET description = hex(randomblob(9000)); ROLLBACK");
  const undone = value(database.look(renewed));
  assert.equal(undone.contentHash, renewed.contentHash);
  kuma.exec("UPDATE tag SET name = 'second'");
  assert.notEqual(value(database.look(undone)).contentHash, renewed.contentHash);
});
