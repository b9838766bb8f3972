import assert from "node:assert/strict";
import { test } from "node:test";
import { contentHash, type Value } from "../../src/snapshot/index.ts";
import {
  changeRows,
  dump,
  IDS,
  isPrivate,
  makeInstance,
  problem,
  query,
  removeMonitor,
  sql,
  table,
  takeSnapshot,
  value,
} from "./fixtures.ts";

test("whatever a text can hold arrives as it was", (t) => {
  const texts = [
    "it's",
    'say "x"',
    "a\r\nb",
    "; DROP TABLE monitor; --",
    "🏳️‍🌈",
    "\u0000 after NUL",
    "",
    "NULL",
    '{"i":"1"}',
  ];
  const replica = makeInstance(t, "2.5.3");
  const snapshot = takeSnapshot(replica, (content) =>
    changeRows(content, "notification", (rows) =>
      texts.map((text, number) => ({
        ...rows[0],
        id: BigInt(number + 1),
        name: text,
        config: number % 2 ? null : text,
      })),
    ),
  );
  value(replica.kuma.apply(snapshot, IDS));
  const here = value(replica.kuma.read());
  assert.deepEqual(table(here, "notification"), table(snapshot.content, "notification"));
  assert.equal(contentHash(here), contentHash(snapshot.content));
});

test("integers, reals and bytes keep their type and every digit", (t) => {
  const values: Value[] = [
    2n ** 63n - 1n,
    -(2n ** 63n),
    2n ** 53n + 1n,
    0n,
    Buffer.from([0, 255, 39]),
    Buffer.alloc(0),
    0.1,
    null,
  ];
  const replica = makeInstance(t, "2.5.3");
  const snapshot = takeSnapshot(replica, (content) =>
    changeRows(content, "monitor", (rows) =>
      rows.map((row, number) => ({ ...row, port: values[number % values.length] ?? null })),
    ),
  );
  value(replica.kuma.apply(snapshot, IDS));
  assert.deepEqual(
    table(value(replica.kuma.read()), "monitor").rows,
    table(snapshot.content, "monitor").rows,
  );
});

test("status pages swap their slugs and domains", (t) => {
  const primary = makeInstance(t, "2.5.3");
  const replica = makeInstance(t, "2.5.3");
  for (const [name, column] of [
    ["status_page", "slug"],
    ["status_page_cname", "domain"],
  ]) {
    const [one, two] = query(primary, `SELECT ${column} AS text FROM ${name} ORDER BY id`);
    sql(
      primary,
      `UPDATE ${name} SET ${column} = 'between' WHERE id = 1`,
      `UPDATE ${name} SET ${column} = '${one?.text}' WHERE id = 2`,
      `UPDATE ${name} SET ${column} = '${two?.text}' WHERE id = 1`,
    );
  }
  const snapshot = takeSnapshot(primary);
  assert.deepEqual(value(replica.kuma.apply(snapshot, IDS)).changes, {
    status_page: { added: 0, removed: 0, changed: 2 },
    status_page_cname: { added: 0, removed: 0, changed: 2 },
  });
  assert.equal(contentHash(value(replica.kuma.read())), contentHash(snapshot.content));
});

test("a changed monitor keeps its heartbeats and what Kuma wrote into it; a removed one keeps its history until confirm", (t) => {
  const replica = makeInstance(t, "2.5.3");
  sql(
    replica,
    "UPDATE monitor SET dns_last_result = 'seen here'",
    "UPDATE maintenance SET last_start_date = 'booted here'",
  );
  const primary = makeInstance(t, "2.5.3");
  const read = contentHash(value(primary.kuma.read()));
  sql(
    primary,
    "UPDATE monitor SET dns_last_result = 'seen there'",
    "UPDATE maintenance SET last_start_date = 'booted there'",
  );
  assert.equal(contentHash(value(primary.kuma.read())), read);
  const before = dump(replica, isPrivate);
  const snapshot = takeSnapshot(primary, (content) =>
    ["maintenance", "monitor"].reduce(
      (changed, name) =>
        changeRows(changed, name, (rows) => rows.map((row) => ({ ...row, description: "changed" }))),
      removeMonitor(content, 14n),
    ),
  );
  const { changes } = value(replica.kuma.apply(snapshot, IDS));
  assert.deepEqual(changes.monitor, { added: 0, removed: 1, changed: 14 });
  assert.deepEqual(dump(replica, isPrivate), before);
  assert.equal(query(replica, "SELECT 1 FROM monitor WHERE dns_last_result = 'seen here'").length, 14);
  assert.equal(query(replica, "SELECT 1 FROM maintenance WHERE last_start_date = 'booted here'").length, 7);
});

test("columns that only this Kuma has keep their value, and new rows take their default", (t) => {
  const primary = makeInstance(t, "1.23.17");
  sql(primary, "INSERT INTO monitor (id, name, user_id) VALUES (900, 'new', 1)");
  const replica = makeInstance(t, "2.5.3");
  sql(replica, "UPDATE monitor SET ping_count = 9 WHERE id = 1");
  value(replica.kuma.apply(takeSnapshot(primary), IDS));
  const rows = query(
    replica,
    "SELECT id, ping_count, conditions FROM monitor WHERE id IN (1, 900) ORDER BY id",
  );
  assert.deepEqual(
    rows.map((row) => Object.values(row)),
    [
      [1n, 9n, "[]"],
      [900n, 1n, "[]"],
    ],
  );
});

test("an older Kuma takes what a newer one has not made use of, and refuses what it cannot hold", (t) => {
  const primary = makeInstance(t, "2.5.3");
  sql(primary, "UPDATE monitor SET remote_browser = NULL", "DELETE FROM remote_browser");
  const replica = makeInstance(t, "1.23.17");
  const { notes } = value(replica.kuma.apply(takeSnapshot(primary), IDS));
  assert.match(notes.join(), /no table remote_browser/);
  assert.match(notes.join(), /monitor\.ping_count/);
  const before = dump(replica);
  for (const [column, text] of [
    ["ping_count", "2"],
    ["mqtt_check_type", "'json-query'"],
    ["rabbitmq_nodes", `'["amqp://x"]'`],
    ["save_response", "1"],
  ]) {
    const other = makeInstance(t, "2.5.3");
    sql(
      other,
      "UPDATE monitor SET remote_browser = NULL",
      "DELETE FROM remote_browser",
      `UPDATE monitor SET ${column} = ${text} WHERE id = 3`,
    );
    const { code, message } = problem(replica.kuma.apply(takeSnapshot(other), IDS));
    assert.equal(code, "version-mismatch");
    assert.equal(
      message,
      `The snapshot comes from Uptime Kuma 2.5.3; Uptime Kuma 1.23.17 here cannot hold monitor.${column}.`,
    );
  }
  assert.deepEqual(dump(replica), before);
});

test("NULL in a column that demands a value here becomes this Kuma's default", (t) => {
  const primary = makeInstance(t, "1.23.0");
  sql(primary, "UPDATE monitor SET kafka_producer_ssl = NULL");
  const replica = makeInstance(t, "1.23.17");
  const snapshot = takeSnapshot(primary);
  value(replica.kuma.apply(snapshot, IDS));
  assert.deepEqual(query(replica, "SELECT DISTINCT kafka_producer_ssl AS x FROM monitor"), [{ x: 0n }]);
  assert.ok(value(replica.kuma.plan(snapshot)).empty);
  const none = takeSnapshot(primary, (content) =>
    changeRows(content, "proxy", (rows) => rows.map((row) => ({ ...row, host: null }))),
  );
  assert.match(problem(replica.kuma.plan(none)).message, /proxy\.host \(demands a value\)/);
});

test("a table or column that is not replicated is refused, a missing one too", (t) => {
  const replica = makeInstance(t, "2.5.3");
  const extra = takeSnapshot(replica, (content) => ({
    ...content,
    tables: [...content.tables, { name: "setting", columns: ["id"], rows: [[9n]] }],
  }));
  assert.equal(problem(replica.kuma.plan(extra)).code, "schema-unknown");
  const column = takeSnapshot(replica, (content) => ({
    ...content,
    tables: content.tables.map((each) =>
      each.name === "tag"
        ? { ...each, columns: [...each.columns, "zeal"], rows: each.rows.map((row) => [...row, "x"]) }
        : each,
    ),
  }));
  assert.match(problem(replica.kuma.apply(column, IDS)).message, /cannot hold tag\.zeal/);
  const less = takeSnapshot(replica, (content) => ({
    ...content,
    tables: content.tables.filter(({ name }) => name !== "monitor"),
  }));
  assert.equal(problem(replica.kuma.apply(less, IDS)).code, "snapshot-inconsistent");
});

/** A reference of a later Kuma: what it makes of one to nothing is not known. */
const LATER = "ALTER TABLE monitor ADD COLUMN later INTEGER REFERENCES tag (id)";

test("rows that point at nothing are refused before Kuma has to stop, all of them named by table and id", (t) => {
  const replica = makeInstance(t, "2.5.3");
  sql(replica, LATER);
  const before = dump(replica);
  const snapshot = takeSnapshot(replica, (content) =>
    changeRows(content, "monitor", (rows) =>
      rows.map((row) => ({ ...row, later: row.id === 11n || row.id === 3n ? 987n : 1n })),
    ),
  );
  for (const refused of [replica.kuma.plan(snapshot), replica.kuma.apply(snapshot, IDS)]) {
    assert.equal(problem(refused).code, "snapshot-inconsistent");
    assert.match(
      problem(refused).message,
      /^Rows 3, 11 of table monitor: later .* tag that does not exist\.$/,
    );
  }
  assert.deepEqual(dump(replica), before);
  assert.equal(value(replica.kuma.lastApply()), undefined);
});

test("a reference that is broken here already does not stop replication", (t) => {
  const replica = makeInstance(t, "2.5.3");
  sql(replica, LATER, "PRAGMA foreign_keys = OFF", "UPDATE monitor SET later = 987");
  const snapshot = takeSnapshot(replica, (content) =>
    changeRows(content, "tag", (rows) => rows.map((row) => ({ ...row, name: "x" }))),
  );
  assert.deepEqual(Object.keys(value(replica.kuma.apply(snapshot, IDS)).changes), ["tag"]);
});

test("two status pages with one slug are refused by the plan already, while Kuma runs", (t) => {
  const replica = makeInstance(t, "2.5.3");
  const snapshot = takeSnapshot(replica, (content) =>
    changeRows(content, "status_page", (rows) => rows.map((row) => ({ ...row, slug: "same" }))),
  );
  const { code, message } = problem(replica.kuma.plan(snapshot));
  assert.equal(code, "snapshot-inconsistent");
  assert.match(message, /^Row 2 of table status_page: the same slug as another\.$/);
});

test("a row that SQLite refuses is named by table and id, and nothing stays behind", (t) => {
  const replica = makeInstance(t, "2.5.3");
  sql(
    replica,
    "CREATE TRIGGER no BEFORE INSERT ON status_page WHEN NEW.id = 2 BEGIN SELECT raise(ABORT, 'no'); END",
  );
  const before = dump(replica);
  const snapshot = takeSnapshot(replica, (content) =>
    changeRows(
      changeRows(content, "monitor", (rows) =>
        rows.map((row) => ({ ...row, name: "changed before the failure" })),
      ),
      "status_page",
      (rows) => rows.map((row) => ({ ...row, title: "new" })),
    ),
  );
  const { code, message } = problem(replica.kuma.apply(snapshot, IDS));
  assert.equal(code, "snapshot-inconsistent");
  assert.match(message, /Row 2 of table status_page /);
  assert.deepEqual(dump(replica), before);
});

test("the same content again changes nothing but the record", (t) => {
  const replica = makeInstance(t, "2.5.3");
  const snapshot = takeSnapshot(makeInstance(t, "2.3.2"));
  value(replica.kuma.apply(snapshot, IDS));
  const before = dump(replica);
  const again = value(replica.kuma.apply(snapshot, { ...IDS, snapshotId: "next" }));
  assert.equal(again.empty, true);
  assert.deepEqual(dump(replica), before);
  const record = value(replica.kuma.lastApply());
  assert.equal(record?.snapshotId, "next");
  assert.equal(record?.verified, true);
});

test("other columns orders make no difference", (t) => {
  const replica = makeInstance(t, "2.5.3");
  const snapshot = takeSnapshot(replica, (content) => ({
    ...content,
    tables: content.tables.map((each) => ({
      ...each,
      columns: each.columns.toReversed(),
      rows: each.rows.map((row) => row.toReversed()),
    })),
  }));
  assert.ok(value(replica.kuma.plan(snapshot)).empty);
});

test("a plan changes nothing", (t) => {
  const replica = makeInstance(t, "1.23.0");
  const before = dump(replica);
  assert.equal(value(replica.kuma.plan(takeSnapshot(makeInstance(t, "1.23.17")))).empty, false);
  assert.deepEqual(dump(replica), before);
});
