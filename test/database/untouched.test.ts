import assert from "node:assert/strict";
import { test } from "node:test";
import { catalog } from "../../src/database/catalog.ts";
import { makeInstance, query, sql, VERSIONS, value } from "./fixtures.ts";

for (const version of VERSIONS) {
  test(`a database of ${version} is untouched until a first row is made, and not again by removing all`, (t) => {
    const instance = makeInstance(t, version);
    assert.equal(value(instance.kuma.isUntouched()), false);
    const there = query(instance, "SELECT name FROM sqlite_master WHERE type = 'table'").map(
      ({ name }) => name,
    );
    const tables = catalog.filter(({ name }) => there.includes(name));
    sql(instance, "PRAGMA foreign_keys = OFF", ...tables.map(({ name }) => `DELETE FROM "${name}"`));
    assert.equal(value(instance.kuma.isUntouched()), false, "a person has removed all");

    // As Kuma's migrations leave it, which make a table anew and copy no row.
    sql(instance, "UPDATE sqlite_sequence SET seq = 0");
    assert.equal(value(instance.kuma.isUntouched()), true);
    sql(instance, "INSERT INTO user (username, password, active) VALUES ('admin-2', 'x', 1)");
    assert.equal(value(instance.kuma.isUntouched()), true, "an account is no configuration");
    sql(instance, "INSERT INTO tag (name, color) VALUES ('first', 'red')");
    assert.equal(value(instance.kuma.isUntouched()), false);
  });
}
