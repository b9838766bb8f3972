import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import Database from "better-sqlite3";
import { openSqlite } from "../../../src/database/index.ts";
import { contentHash } from "../../../src/snapshot/index.ts";
import { SIDE_BY_SIDE, startMariadbd, type TestMariaDb } from "../../support/mariadbd.ts";
import { IDS, makeInstance, takeSnapshot, VERSIONS, value } from "../fixtures.ts";
import { dumpMariaDb, equalize, type MariaDbInstance, makeMariaDb, snapshotOf, take } from "./fixtures.ts";

describe("the same configuration on SQLite and on MariaDB", () => {
  let maria: TestMariaDb;
  before(async () => {
    maria = await startMariadbd();
  });
  after(() => maria.close());

  /** The SQLite twin of an instance, its icon folder included. */
  async function makeTwin(t: TestContext, instance: MariaDbInstance) {
    const folder = mkdtempSync(join(tmpdir(), "replicator-twin-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "kuma.db");
    copyFileSync(SIDE_BY_SIDE.sqlite, file);
    await equalize(maria, instance, file);
    return openSqlite({ file, uploadDir: instance.uploadDir, kumaVersion: "2.5.3" });
  }

  it("has one content hash, and neither has anything to change", async (t) => {
    const instance = await makeMariaDb(t, maria);
    const twin = await makeTwin(t, instance);
    const [here, there] = [value(await instance.kuma.read()), value(twin.read())];
    assert.deepEqual(here, there);
    assert.equal(value(await instance.kuma.hash()), contentHash(here));
    assert.equal(value(await instance.kuma.hash()), value(twin.hash()));
    assert.ok(value(await instance.kuma.plan(snapshotOf(there))).empty);
    assert.ok(value(twin.plan(snapshotOf(here))).empty);
  });

  for (const version of VERSIONS)
    it(`goes over from Uptime Kuma ${version} on SQLite, back to SQLite, and is undone to the last row`, async (t) => {
      const instance = await makeMariaDb(t, maria);
      const before = await dumpMariaDb(maria, instance);
      const primary = makeInstance(t, version);
      const snapshot = takeSnapshot(primary);
      value(await instance.kuma.apply(snapshot, IDS));
      assert.ok(value(await instance.kuma.plan(snapshot)).empty);
      const back = await take(instance);
      const replica = makeInstance(t, "2.5.3");
      value(replica.kuma.apply(back, IDS));
      assert.equal(value(replica.kuma.hash()), value(await instance.kuma.hash()));
      if (version === "2.5.3") assert.equal(value(primary.kuma.hash()), value(await instance.kuma.hash()));
      value(await instance.kuma.rollBack());
      assert.deepEqual(await dumpMariaDb(maria, instance), before);
    });

  it("gives rows to the first account of Kuma 3, as on SQLite", async (t) => {
    const instance = await makeMariaDb(t, maria);
    const owned = [
      "proxy",
      "docker_host",
      "remote_browser",
      "notification",
      "monitor",
      "maintenance",
      "api_key",
    ];
    // In the form of 3.0.0-beta.0: the ids of its accounts are text, and what was owned belongs to nobody.
    await maria.run(
      instance.database,
      "CREATE TABLE better_auth_user (id VARCHAR(36) PRIMARY KEY, createdAt TIMESTAMP NOT NULL)",
      ...owned.flatMap((table) => [
        `ALTER TABLE ${table} RENAME COLUMN user_id TO was_user_id`,
        `ALTER TABLE ${table} ADD COLUMN user_id VARCHAR(36) REFERENCES better_auth_user (id)`,
      ]),
      "INSERT INTO better_auth_user VALUES ('later', '2026-02-01 00:00:00'), ('zFirst', '2026-01-01 00:00:00')",
    );
    const snapshot = takeSnapshot(makeInstance(t, "2.5.3"));
    value(await instance.kuma.apply(snapshot, IDS));
    const owners = await maria.query(instance.database, "SELECT DISTINCT user_id AS owner FROM monitor");
    assert.deepEqual(owners, [{ owner: "zFirst" }]);
    assert.ok(value(await instance.kuma.plan(snapshot)).empty);
  });

  /** What the bash version lost or broke on its way to MariaDB, by CSV and one SQL file for all rows. */
  const traps: readonly (readonly [what: string, text: string])[] = [
    ["backslashes", 'C:\\new\\table \\" \\\\ {"regex":"^\\\\d+\\n$"}'],
    ["the text null", "null"],
    ["the text NULL", "NULL"],
    ["a semicolon at the end of a line", "one;\ntwo;\r\n;"],
    ["blanks at either end", "  both \t"],
    ["quotes and a NUL", 'it\'s "so" `\0 \u2028 😀'],
  ];
  for (const [what, text] of traps)
    it(`keeps ${what} on the way to MariaDB and back`, async (t) => {
      const [instance, primary] = [await makeMariaDb(t, maria), makeInstance(t, "2.5.3")];
      const db = new Database(primary.file, { fileMustExist: true });
      db.prepare("UPDATE monitor SET name = ?, headers = ?, keyword = NULL").run(text, text);
      db.prepare("UPDATE notification SET config = ?").run(text);
      db.close();
      value(await instance.kuma.apply(takeSnapshot(primary), IDS));
      const stored = await maria.query(instance.database, "SELECT name, headers, keyword FROM monitor");
      for (const row of stored) assert.deepEqual(row, { name: text, headers: text, keyword: null });
      assert.equal(value(await instance.kuma.hash()), value(primary.kuma.hash()));
      const replica = makeInstance(t, "2.5.3");
      value(replica.kuma.apply(await take(instance), IDS));
      assert.equal(value(replica.kuma.hash()), value(primary.kuma.hash()));
    });
});
