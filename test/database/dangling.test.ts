import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import Database from "better-sqlite3";
import fc from "fast-check";
import { catalog } from "../../src/database/catalog.ts";
import { type Content, contentHash, type Table } from "../../src/snapshot/index.ts";
import {
  changeRows,
  dump,
  IDS,
  type Instance,
  makeInstance,
  query,
  sql,
  table,
  takeSnapshot,
  VERSIONS,
  type Version,
  value,
} from "./fixtures.ts";

const PARENTS = [
  ...new Set(catalog.flatMap(({ references = [] }) => references.map(({ parent }) => parent))),
];

/** As in the sqlite3 shell, where foreign keys are off: what hangs on a row stays. */
function deleteByHand(instance: Instance, name: string, where = "1"): void {
  sql(instance, "PRAGMA foreign_keys = OFF", `DELETE FROM "${name}" WHERE ${where}`);
}

function ids({ columns, rows }: Table): unknown[] {
  return rows.map((row) => row[columns.indexOf("id")]);
}

function hasTable(instance: Instance, name: string): boolean {
  return query(instance, `SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '${name}'`).length > 0;
}

/** What a release before this one published: every row as it is. */
function withAllRows(instance: Instance, content: Content): Content {
  return {
    ...content,
    tables: content.tables.map((each) => {
      const rows = query(instance, `SELECT * FROM "${each.name}" ORDER BY id`);
      return { ...each, rows: rows.map((row) => each.columns.map((column) => row[column] ?? null)) };
    }),
  };
}

function brokenIn(instance: Instance): unknown[] {
  const names = catalog.map(({ name }) => name).filter((name) => hasTable(instance, name));
  return names.flatMap((name) => query(instance, `PRAGMA foreign_key_check("${name}")`));
}

for (const version of VERSIONS) {
  describe(`what points at nothing in Uptime Kuma ${version}`, () => {
    for (const parent of PARENTS)
      it(`is neither published nor in the way: ${parent} deleted by hand`, (t) => {
        const [primary, replica] = [makeInstance(t, version), makeInstance(t, version)];
        if (!hasTable(primary, parent)) return;
        deleteByHand(primary, parent);
        const before = dump(primary);
        const snapshot = takeSnapshot(primary);
        const hash = contentHash(snapshot.content);
        assert.equal(value(primary.kuma.hash()), hash);
        assert.deepEqual(dump(primary), before, "reading must change nothing");

        value(replica.kuma.apply(snapshot, IDS));
        assert.deepEqual(brokenIn(replica), []);
        assert.equal(value(replica.kuma.hash()), hash);
        assert.ok(value(replica.kuma.plan(snapshot)).empty);
        assert.deepEqual(value(primary.kuma.examine(snapshot.content)).faults, []);
      });
  });
}

test("a notification deleted by hand: its links stay away, every other row is published as it is", (t) => {
  const primary = makeInstance(t, "2.5.3");
  const links = query(primary, "SELECT id, notification_id FROM monitor_notification ORDER BY id");
  deleteByHand(primary, "notification", "id = 1");
  const content = value(primary.kuma.read());
  const kept = links.filter((link) => link.notification_id !== 1n).map(({ id }) => id);
  assert.ok(kept.length > 0 && kept.length < links.length, "the fixture must have both");
  assert.deepEqual(ids(table(content, "monitor_notification")), kept);
  assert.deepEqual(
    table(content, "monitor_tag"),
    table(takeSnapshot(makeInstance(t, "2.5.3")).content, "monitor_tag"),
  );
});

test("a reference that Kuma does without becomes NULL, the row stays", (t) => {
  const primary = makeInstance(t, "2.5.3");
  sql(primary, "PRAGMA foreign_keys = OFF", "UPDATE monitor SET parent = 987, proxy_id = 988 WHERE id = 3");
  const monitors = table(value(primary.kuma.read()), "monitor");
  const row = monitors.rows.find((each) => each[monitors.columns.indexOf("id")] === 3n) ?? [];
  assert.deepEqual(
    ["parent", "proxy_id"].map((column) => row[monitors.columns.indexOf(column)]),
    [null, null],
  );
});

test("all that is left out is told at once, by table, row and reason", (t) => {
  const primary = makeInstance(t, "2.5.3");
  for (const parent of ["tag", "notification", "status_page", "proxy"]) deleteByHand(primary, parent);
  const { leftOut, faults } = value(primary.kuma.examine(value(primary.kuma.read())));
  assert.deepEqual(faults, []);
  for (const name of [
    "monitor_tag",
    "monitor_notification",
    "status_page_cname",
    "group",
    "monitor_group",
    "incident",
  ])
    assert.match(leftOut.join("\n"), new RegExp(`^Rows? [\\d, ]+ of table ${name}: left out, `, "m"));
  assert.match(leftOut.join("\n"), /^Rows? [\d, ]+ of table monitor: proxy_id left empty, /m);
});

test("nothing is told of a database in which all is well", (t) => {
  for (const version of VERSIONS) {
    const { kuma } = makeInstance(t, version);
    assert.deepEqual(value(kuma.examine(value(kuma.read()))), { leftOut: [], faults: [] });
  }
});

test("what every replica would refuse is found on the primary, all of it at once", (t) => {
  const primary = makeInstance(t, "2.5.3");
  sql(
    primary,
    "ALTER TABLE monitor ADD COLUMN later INTEGER REFERENCES tag (id)",
    "PRAGMA foreign_keys = OFF",
    "UPDATE monitor SET later = 987 WHERE id IN (3, 5)",
  );
  // A database whose index is damaged, or made by a tool: SQLite itself would not have taken the row.
  const content = changeRows(value(primary.kuma.read()), "status_page", (rows) =>
    rows.map((row) => ({ ...row, slug: "same" })),
  );
  assert.deepEqual(value(primary.kuma.examine(content)).faults, [
    "Rows 3, 5 of table monitor: later names a row of tag that does not exist.",
    "Row 2 of table status_page: the same slug as another.",
  ]);
});

test("a snapshot of a release that published such rows is applied without them, with a note", (t) => {
  const [primary, replica] = [makeInstance(t, "2.5.3"), makeInstance(t, "2.5.3")];
  sql(primary, "PRAGMA foreign_keys = OFF", "UPDATE monitor SET parent = 987 WHERE id = 3");
  for (const parent of ["notification", "status_page"]) deleteByHand(primary, parent, "id = 1");
  const old = takeSnapshot(primary, (content) => withAllRows(primary, content));
  const { notes } = value(replica.kuma.apply(old, IDS));
  assert.match(notes.join("\n"), /of table monitor_notification: left out/);
  assert.match(notes.join("\n"), /^Row 3 of table monitor: parent left empty/m);
  assert.deepEqual(brokenIn(replica), []);
  assert.equal(value(replica.kuma.hash()), value(primary.kuma.hash()));
  assert.ok(value(replica.kuma.plan(old)).empty, "it would be applied again in each cycle");
});

test("a replica loses its own rows that point at nothing, so that none comes to life later", (t) => {
  const replica = makeInstance(t, "2.5.3");
  deleteByHand(replica, "tag", "id = 1");
  const snapshot = takeSnapshot(replica, (content) =>
    changeRows(content, "tag", (rows) => [...rows, { ...rows[0], id: 1n, name: "again" }]),
  );
  value(replica.kuma.apply(snapshot, IDS));
  assert.equal(value(replica.kuma.hash()), contentHash(snapshot.content));
});

test("the catalog knows every reference between replicated tables, as the schema has it", (t) => {
  for (const version of VERSIONS) {
    const db = new Database(makeInstance(t, version).file, { readonly: true });
    for (const { name, references = [] } of catalog) {
      const declared = db
        .prepare<[string], { column: string; parent: string; rule: string }>(
          `SELECT "from" AS "column", "table" AS parent, on_delete AS rule FROM pragma_foreign_key_list(?)`,
        )
        .all(name)
        .filter(({ parent }) => parent !== "user");
      for (const { column, parent, rule } of declared) {
        const known = references.find((each) => each.column === column && each.parent === parent);
        assert.equal(known?.dangling, rule === "CASCADE" ? "row goes" : "becomes NULL", `${name}.${column}`);
      }
    }
    db.close();
  }
});

test("hash is that of what is read, and what is read can be applied, whatever points at nothing", (t) => {
  const deletion = fc.record({ parent: fc.constantFrom(...PARENTS), remainder: fc.nat(3) });
  const edits = fc.record({
    version: fc.constantFrom<Version>(...VERSIONS),
    deletions: fc.array(deletion, { minLength: 1, maxLength: 4 }),
    zone: fc.constantFrom("SAME_AS_SERVER", "UTC", "", "Asia/Tokyo"),
    cron: fc.constantFrom("0 2 * * *", ""),
    timeZone: fc.constantFrom(undefined, "America/New_York", "No/Where"),
  });
  let leftOut = 0;
  fc.assert(
    fc.property(edits, ({ version, deletions, zone, cron, timeZone }) => {
      const primary = makeInstance(t, version, timeZone);
      const replica = makeInstance(t, version, "Pacific/Auckland");
      for (const { parent, remainder } of deletions)
        if (hasTable(primary, parent)) deleteByHand(primary, parent, `id % 4 = ${remainder}`);
      sql(
        primary,
        `UPDATE maintenance SET timezone = nullif('${zone}', ''), cron = '${cron}' WHERE id % 2 = 0`,
      );
      const snapshot = takeSnapshot(primary);
      const hash = contentHash(snapshot.content);
      assert.equal(value(primary.kuma.hash()), hash);
      const examined = value(primary.kuma.examine(snapshot.content));
      assert.deepEqual(examined.faults, []);
      leftOut += examined.leftOut.length;
      assert.ok(value(primary.kuma.plan(snapshot)).changes.maintenance === undefined);
      value(replica.kuma.apply(snapshot, IDS));
      assert.equal(value(replica.kuma.hash()), hash);
      assert.ok(value(replica.kuma.plan(snapshot)).empty);
    }),
    { numRuns: 30 },
  );
  assert.ok(leftOut > 0, `only ${leftOut} notes`);
});
