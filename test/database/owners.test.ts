import assert from "node:assert/strict";
import { test } from "node:test";
import { catalog } from "../../src/database/catalog.ts";
import { IDS, type Instance, makeInstance, query, sql, takeSnapshot, value } from "./fixtures.ts";

const OWNED = catalog.filter(({ owner }) => owner !== undefined).map(({ name }) => name);

function owners(instance: Instance): unknown[] {
  return OWNED.flatMap((table) =>
    query(instance, `SELECT DISTINCT user_id FROM ${table}`).map((row) => row.user_id),
  );
}

test("the catalog knows every table that has an owner", (t) => {
  const instance = makeInstance(t, "2.5.3");
  const found = catalog.filter(
    ({ name }) =>
      query(instance, `SELECT 1 FROM pragma_table_info('${name}') WHERE name = 'user_id'`).length > 0,
  );
  assert.deepEqual(
    found.map(({ name }) => name),
    OWNED,
  );
});

test("rows of an account that is not here belong to the first one", (t) => {
  const replica = makeInstance(t, "2.5.3");
  const primary = makeInstance(t, "2.5.3");
  sql(
    replica,
    "PRAGMA foreign_keys = OFF",
    ...OWNED.map((table) => `DELETE FROM ${table}`),
    "UPDATE user SET id = 7",
  );
  sql(replica, "INSERT INTO user (id, username) VALUES (9, 'second')");
  const snapshot = takeSnapshot(primary);
  const { notes } = value(replica.kuma.apply(snapshot, IDS));
  assert.deepEqual(new Set(owners(replica)), new Set([7n]));
  assert.match(notes.join(" "), /15 of the written rows of monitor belong to an account of this instance/);
  assert.ok(value(replica.kuma.plan(snapshot)).empty);
});

test("a row keeps the account that it has here, when the snapshot's is not here", (t) => {
  const replica = makeInstance(t, "2.5.3");
  sql(
    replica,
    "PRAGMA foreign_keys = OFF",
    "UPDATE user SET id = 7",
    "INSERT INTO user (id, username) VALUES (9, 'second')",
  );
  sql(replica, ...OWNED.map((table) => `UPDATE ${table} SET user_id = 9`));
  const snapshot = takeSnapshot(makeInstance(t, "2.5.3"));
  assert.ok(value(replica.kuma.plan(snapshot)).empty);
});

test("an account that is here keeps its rows", (t) => {
  const replica = makeInstance(t, "2.5.3");
  const primary = makeInstance(t, "2.5.3");
  for (const instance of [replica, primary])
    sql(instance, "INSERT INTO user (id, username) VALUES (2, 'second')");
  sql(primary, "UPDATE monitor SET user_id = 2");
  value(replica.kuma.apply(takeSnapshot(primary), IDS));
  assert.deepEqual(query(replica, "SELECT DISTINCT user_id AS x FROM monitor"), [{ x: 2n }]);
});

test("with no account yet, rows belong to the one that will be the first", (t) => {
  const replica = makeInstance(t, "2.5.3");
  sql(
    replica,
    "PRAGMA foreign_keys = OFF",
    ...OWNED.map((table) => `DELETE FROM "${table}"`),
    "DELETE FROM user",
    "DELETE FROM sqlite_sequence WHERE name = 'user'",
  );
  const primary = makeInstance(t, "2.5.3");
  sql(primary, "PRAGMA foreign_keys = OFF", "UPDATE user SET id = 5", "UPDATE monitor SET user_id = 5");
  const snapshot = takeSnapshot(primary);
  value(replica.kuma.apply(snapshot, IDS));
  assert.deepEqual(new Set(owners(replica)), new Set([1n]));
  assert.ok(value(replica.kuma.plan(snapshot)).empty);
  sql(replica, "INSERT INTO user (username) VALUES ('late')");
  assert.deepEqual(query(replica, "SELECT id FROM user"), [{ id: 1n }]);
});

test("a row with no owner, which Kuma would not list, gets one", (t) => {
  const replica = makeInstance(t, "2.5.3");
  const primary = makeInstance(t, "2.5.3");
  for (const instance of [replica, primary]) sql(instance, "UPDATE monitor SET user_id = NULL WHERE id < 4");
  value(replica.kuma.apply(takeSnapshot(primary), IDS));
  assert.deepEqual(query(replica, "SELECT DISTINCT user_id AS x FROM monitor"), [{ x: 1n }]);
});

test("rows belong to the first account of Kuma 3 where there is one, else to nobody", (t) => {
  const replica = makeInstance(t, "2.5.3");
  // As 3.0.0-beta.0 migrates it: the ids of its accounts are text, and what was owned belongs to nobody.
  sql(
    replica,
    "PRAGMA foreign_keys = OFF",
    "CREATE TABLE better_auth_user (id TEXT PRIMARY KEY, createdAt TEXT NOT NULL)",
    ...OWNED.flatMap((table) => [
      `ALTER TABLE "${table}" RENAME COLUMN user_id TO was_user_id`,
      `ALTER TABLE "${table}" ADD COLUMN user_id TEXT REFERENCES better_auth_user (id)`,
    ]),
  );
  const primary = makeInstance(t, "2.5.3");
  sql(primary, "UPDATE monitor SET name = 'renamed' WHERE id = 1");
  value(replica.kuma.apply(takeSnapshot(primary), IDS));
  assert.deepEqual(new Set(owners(replica)), new Set([null]));
  sql(
    replica,
    "INSERT INTO better_auth_user VALUES ('later', '2026-02-01')",
    "INSERT INTO better_auth_user VALUES ('zFirst', '2026-01-01')",
  );
  value(replica.kuma.apply(takeSnapshot(primary), IDS));
  assert.deepEqual(new Set(owners(replica)), new Set(["zFirst"]));
});
