import assert from "node:assert/strict";
import { test } from "node:test";
import { historyTables } from "../../src/database/catalog.ts";
import {
  changeRows,
  dump,
  IDS,
  type Instance,
  isPrivate,
  makeInstance,
  query,
  removeMonitor,
  sql,
  takeSnapshot,
  VERSIONS,
  value,
} from "./fixtures.ts";

function historyOf(instance: Instance, monitor: number): number {
  const tables = historyTables.filter(
    (name) => query(instance, `SELECT 1 FROM sqlite_master WHERE name = '${name}'`).length > 0,
  );
  return tables.reduce(
    (sum, name) => sum + query(instance, `SELECT 1 FROM ${name} WHERE monitor_id = ${monitor}`).length,
    0,
  );
}

function without14(replica: Instance) {
  return takeSnapshot(replica, (content) => removeMonitor(content, 14n));
}

function recoloured(replica: Instance) {
  return takeSnapshot(replica, (content) =>
    changeRows(content, "tag", (rows) => rows.map((row) => ({ ...row, color: "#123456" }))),
  );
}

for (const version of VERSIONS) {
  test(`${version}: the catalog knows every history table`, (t) => {
    const instance = makeInstance(t, version);
    const found = query(
      instance,
      "SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'monitor_id'",
    );
    const names = found.map(({ name }) => String(name)).filter(isPrivate);
    assert.deepEqual(
      names.filter((name) => !historyTables.includes(name)),
      [],
    );
  });

  test(`${version}: history of a removed monitor goes once the next apply is confirmed, all other rows stay`, (t) => {
    const replica = makeInstance(t, version);
    sql(
      replica,
      "INSERT INTO notification_sent_history (type, monitor_id, days) VALUES ('certificate', 14, 7)",
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) INSERT INTO heartbeat (monitor_id, status, time) SELECT 14, 1, '2026-01-01' FROM n",
    );
    const others = (table: string) => query(replica, `SELECT * FROM ${table} WHERE monitor_id <> 14`);
    const beats = others("heartbeat");
    const had = historyOf(replica, 14);
    assert.ok(had > 2500);
    value(replica.kuma.apply(without14(replica), IDS));
    assert.equal(historyOf(replica, 14), had);
    assert.equal(value(replica.kuma.lastApply())?.verified, false);
    value(replica.kuma.confirm());
    assert.equal(value(replica.kuma.lastApply())?.verified, true);
    assert.equal(historyOf(replica, 14), had);
    value(replica.kuma.apply(recoloured(replica), IDS));
    assert.equal(historyOf(replica, 14), had);
    value(replica.kuma.confirm());
    assert.equal(historyOf(replica, 14), 0);
    assert.deepEqual(others("heartbeat"), beats);
  });
}

test("history of an apply that was never confirmed goes with the next confirm", (t) => {
  const replica = makeInstance(t, "2.5.3");
  value(replica.kuma.apply(without14(replica), IDS));
  value(replica.kuma.apply(recoloured(replica), IDS));
  value(replica.kuma.confirm());
  assert.equal(historyOf(replica, 14), 0);
});

test("a monitor that is back keeps its history", (t) => {
  const replica = makeInstance(t, "2.5.3");
  const original = takeSnapshot(replica);
  const had = historyOf(replica, 14);
  assert.ok(had > 0);
  value(replica.kuma.apply(without14(replica), IDS));
  value(replica.kuma.apply(original, IDS));
  value(replica.kuma.confirm());
  assert.equal(historyOf(replica, 14), had);
});

test("the large history tables are searched through an index on monitor_id", (t) => {
  const replica = makeInstance(t, "2.5.3");
  for (const table of ["heartbeat", "stat_minutely", "stat_hourly", "stat_daily"]) {
    const [step] = query(
      replica,
      `EXPLAIN QUERY PLAN SELECT id FROM ${table} WHERE monitor_id = 1 LIMIT 500`,
    );
    assert.match(String(step?.detail), /SEARCH .* USING .*INDEX .*monitor_id=\?/);
  }
});

test("markApplied notes a proven apply and touches nothing else", (t) => {
  const replica = makeInstance(t, "2.5.3");
  const before = dump(replica);
  const from = Date.now();
  value(replica.kuma.markApplied(takeSnapshot(replica), IDS));
  const record = value(replica.kuma.lastApply());
  assert.deepEqual(
    { ...record, appliedAt: 0, changedAt: 0 },
    { ...IDS, appliedAt: 0, changedAt: 0, verified: true, hasStaleHistory: false, canUndo: false },
  );
  assert.ok(record && record.appliedAt >= from && record.appliedAt <= Date.now());
  assert.deepEqual(dump(replica), before);
});
