import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import type { DatabaseProblemCode } from "../../src/database/index.ts";
import { explain } from "../../src/database/problems.ts";
import {
  dump,
  IDS,
  type Instance,
  makeInstance,
  png,
  problem,
  sql,
  takeSnapshot,
  value,
} from "./fixtures.ts";

function everyCall({ kuma }: Instance, snapshot: ReturnType<typeof takeSnapshot>) {
  return {
    read: () => kuma.read(),
    plan: () => kuma.plan(snapshot),
    apply: () => kuma.apply(snapshot, IDS),
    lastApply: () => kuma.lastApply(),
    isUntouched: () => kuma.isUntouched(),
    markApplied: () => kuma.markApplied(snapshot, IDS),
    confirm: () => kuma.confirm(),
    rollBack: () => kuma.rollBack(),
    readOwn: () => kuma.readOwn(),
    takeOver: () => kuma.takeOver(),
  };
}

const ruined: [string, DatabaseProblemCode, (instance: Instance) => void][] = [
  ["is missing", "database-missing", ({ file }) => rmSync(file)],
  ["has no folder", "database-missing", ({ file }) => rmSync(dirname(file), { recursive: true })],
  ["is empty", "database-empty", ({ file }) => truncateSync(file)],
  [
    "is something else",
    "database-not-sqlite",
    ({ file }) => writeFileSync(file, "no database ".repeat(1000)),
  ],
];
for (const [what, code, ruin] of ruined) {
  test(`a database that ${what} is a problem of every call and is not created`, (t) => {
    const instance = makeInstance(t, "2.5.3");
    const snapshot = takeSnapshot(instance);
    ruin(instance);
    const before = existsSync(instance.file) ? readFileSync(instance.file) : undefined;
    for (const [name, call] of Object.entries(everyCall(instance, snapshot))) {
      assert.equal(problem(call()).code, code, name);
      assert.ok(problem(call()).message.includes(instance.file));
    }
    assert.deepEqual(existsSync(instance.file) ? readFileSync(instance.file) : undefined, before);
  });
}

test("a cut off database is damaged, and an apply leaves it alone", (t) => {
  const instance = makeInstance(t, "2.5.3");
  const snapshot = takeSnapshot(makeInstance(t, "2.3.2"));
  truncateSync(instance.file, Math.floor(statSync(instance.file).size / 4096 / 2) * 4096);
  const before = readFileSync(instance.file);
  for (const result of [
    instance.kuma.read(),
    instance.kuma.plan(snapshot),
    instance.kuma.apply(snapshot, IDS),
  ]) {
    assert.equal(problem(result).code, "database-damaged");
  }
  assert.deepEqual(readFileSync(instance.file), before);
});

test("a database of another program is refused", (t) => {
  const instance = makeInstance(t, "2.5.3");
  rmSync(instance.file);
  const other = new Database(instance.file);
  other.exec("CREATE TABLE monitor (name)");
  other.close();
  assert.equal(problem(instance.kuma.read()).code, "schema-unknown");
});

test("a writer in the way is waited for, then told; readers are not stopped by it", (t) => {
  const instance = makeInstance(t, "2.5.3");
  const snapshot = takeSnapshot(makeInstance(t, "2.3.2"));
  const writer = new Database(instance.file);
  writer.exec("BEGIN IMMEDIATE");
  const from = Date.now();
  assert.equal(problem(instance.kuma.apply(snapshot, IDS)).code, "database-locked");
  assert.ok(Date.now() - from >= 9_000);
  value(instance.kuma.read());
  value(instance.kuma.plan(snapshot));
  writer.exec("ROLLBACK");
  writer.close();
  value(instance.kuma.apply(snapshot, IDS));
});

test("a write that fails half way leaves rows and files as they were", (t) => {
  const instance = makeInstance(t, "2.5.3");
  const snapshot = takeSnapshot(instance);
  const before = dump(instance);
  for (const change of ["INSERT", "UPDATE"])
    sql(
      instance,
      `CREATE TRIGGER no_${change} BEFORE ${change} ON tag BEGIN SELECT RAISE(ABORT, 'no room'); END`,
    );
  const tables = snapshot.content.tables.map((table) =>
    table.name === "tag" ? { ...table, rows: table.rows.map((row) => row.with(0, "other")) } : table,
  );
  const files = [{ name: "logo1.png", bytes: png("new") }];
  assert.ok(!instance.kuma.apply({ ...snapshot, content: { tables, files } }, IDS).ok);
  sql(instance, "DROP TRIGGER no_INSERT", "DROP TRIGGER no_UPDATE");
  assert.deepEqual(dump(instance), before);
});

for (const [thrown, code] of [
  ["SQLITE_FULL", "database-full"],
  ["SQLITE_READONLY_DIRECTORY", "database-read-only"],
  ["SQLITE_CANTOPEN", "database-read-only"],
  ["SQLITE_BUSY_SNAPSHOT", "database-locked"],
  ["SQLITE_CORRUPT_INDEX", "database-damaged"],
  ["SQLITE_IOERR_FSYNC", "database-failed"],
] as const) {
  test(`${thrown} is told as ${code}, with what to do`, () => {
    const told = problem(explain(new Database.SqliteError("words", thrown), "/data/kuma.db"));
    assert.equal(told.code, code);
    assert.ok(
      told.message.includes("/data/kuma.db") && told.message.includes(thrown) && told.advice.length > 20,
    );
  });
}

test("reading sees one moment while somebody writes", (t) => {
  const instance = makeInstance(t, "2.5.3");
  const writer = new Database(instance.file);
  writer.exec("BEGIN IMMEDIATE; DELETE FROM monitor_notification");
  const during = value(instance.kuma.read());
  writer.exec("COMMIT");
  writer.close();
  assert.ok(during.tables.some(({ name, rows }) => name === "monitor_notification" && rows.length > 0));
});
