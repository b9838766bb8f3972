import assert from "node:assert/strict";
import { test } from "node:test";
import type { Content } from "../../src/snapshot/index.ts";
import {
  changeRows,
  dump,
  IDS,
  type Instance,
  makeInstance,
  query,
  removeMonitor,
  sql,
  takeSnapshot,
  VERSIONS,
  value,
} from "./fixtures.ts";

/** A monitor of the fixtures that is of type http, and one of type ping. */
const MONITOR = 2n;
const DAY = 24 * 3_600_000;

const beatsOf = (instance: Instance, monitor: bigint) =>
  query(instance, `SELECT id, status, msg, time FROM heartbeat WHERE monitor_id = ${monitor} ORDER BY id`);

/** Every heartbeat by whose it is: what belongs to nobody, too. */
const owners = (instance: Instance) =>
  query(instance, "SELECT monitor_id, count(*) AS beats FROM heartbeat GROUP BY monitor_id");

function addBeats(instance: Instance, monitor: bigint, msg: string): void {
  sql(
    instance,
    `INSERT INTO heartbeat (monitor_id, status, msg, time) VALUES (${monitor}, 1, '${msg}', '2026-01-01'), (${monitor}, 0, '${msg}', '2026-01-02')`,
    `INSERT INTO notification_sent_history (type, monitor_id, days) VALUES ('certificate', ${monitor}, 7)`,
  );
}

/** The monitor's id belongs to something else. */
const asAnother = (content: Content, change: Record<string, string | null> = {}) =>
  changeRows(content, "monitor", (rows) =>
    rows.map((row) =>
      row.id === MONITOR
        ? { ...row, type: "ping", name: "another", url: "https://", hostname: "another.example", ...change }
        : row,
    ),
  );

const recolour = (content: Content) =>
  changeRows(content, "tag", (rows) => rows.map((row) => ({ ...row, color: "#123456" })));

for (const version of VERSIONS) {
  test(`${version}: history of a removed monitor survives the proof, and comes back with the undo`, (t) => {
    const replica = makeInstance(t, version);
    addBeats(replica, MONITOR, "mine");
    const before = dump(replica);
    value(
      replica.kuma.apply(
        takeSnapshot(replica, (content) => removeMonitor(content, MONITOR)),
        IDS,
      ),
    );
    value(replica.kuma.confirm());
    assert.equal(value(replica.kuma.lastApply())?.hasStaleHistory, false);
    value(replica.kuma.rollBack());
    assert.deepEqual(dump(replica), before);
  });

  test(`${version}: another monitor under an old id inherits nothing, and the undo brings all back`, (t) => {
    const replica = makeInstance(t, version);
    addBeats(replica, MONITOR, "mine");
    const before = dump(replica);
    value(
      replica.kuma.apply(
        takeSnapshot(replica, (content) => asAnother(content)),
        IDS,
      ),
    );
    value(replica.kuma.confirm());
    assert.deepEqual(beatsOf(replica, MONITOR), []);
    const [row] = query(replica, `SELECT name, type FROM monitor WHERE id = ${MONITOR}`);
    assert.deepEqual(row, { name: "another", type: "ping" });
    addBeats(replica, MONITOR, "of another");
    value(replica.kuma.rollBack());
    const after = dump(replica);
    // The counters of the history tables alone tell that there was something in between.
    assert.deepEqual({ ...after, sqlite_sequence: 0 }, { ...before, sqlite_sequence: 0 });
  });
}

test("the counts of an apply tell a monitor that gave way to another", (t) => {
  const replica = makeInstance(t, "2.5.3");
  const plan = value(replica.kuma.plan(takeSnapshot(replica, (content) => asAnother(content))));
  assert.deepEqual(plan.changes.monitor, { added: 1, removed: 1, changed: 0 });
  assert.match(plan.notes.join("\n"), /1 monitor has the id of another one here/);
});

for (const [what, change] of [
  ["the type", { type: "http" }],
  ["the name", { name: "http ok" }],
] as const) {
  test(`an edit that keeps ${what} keeps the history`, (t) => {
    const replica = makeInstance(t, "2.5.3");
    value(replica.kuma.markApplied(takeSnapshot(replica), IDS));
    const had = beatsOf(replica, MONITOR);
    assert.ok(had.length > 0);
    const snapshot = takeSnapshot(replica, (content) => asAnother(content, change));
    assert.deepEqual(value(replica.kuma.apply(snapshot, IDS)).changes.monitor, {
      added: 0,
      removed: 0,
      changed: 1,
    });
    assert.deepEqual(beatsOf(replica, MONITOR), had);
  });
}

test("an edit that keeps the target keeps the history: the same host, be it in a URL or not", (t) => {
  const replica = makeInstance(t, "2.5.3");
  sql(replica, `UPDATE monitor SET url = 'https://Shop.example:8443/x?y' WHERE id = ${MONITOR}`);
  const had = beatsOf(replica, MONITOR);
  const snapshot = takeSnapshot(replica, (content) => asAnother(content, { hostname: "shop.example" }));
  value(replica.kuma.apply(snapshot, IDS));
  assert.deepEqual(beatsOf(replica, MONITOR), had);
});

test("the history goes with the next apply, and with it all that was set aside", (t) => {
  const replica = makeInstance(t, "2.5.3");
  const had = owners(replica).filter(({ monitor_id: id }) => id !== MONITOR && id !== 14n);
  const first = takeSnapshot(replica, (content) => removeMonitor(asAnother(content), 14n));
  value(replica.kuma.apply(first, IDS));
  value(replica.kuma.confirm());
  assert.notDeepEqual(owners(replica), had);
  value(replica.kuma.apply(takeSnapshot(replica, recolour), { ...IDS, snapshotId: "next" }));
  assert.notDeepEqual(owners(replica), had, "until the next apply is proven");
  value(replica.kuma.confirm());
  assert.deepEqual(owners(replica), had);
});

test("the history goes a week after the change, not sooner, however often the instance was restarted", (t) => {
  const replica = makeInstance(t, "2.5.3");
  const had = owners(replica).filter(({ monitor_id: id }) => id !== 14n);
  const snapshot = takeSnapshot(replica, (content) => removeMonitor(content, 14n));
  value(replica.kuma.apply(snapshot, IDS));
  for (const [age, isGone] of [
    [6.9 * DAY, false],
    [7.1 * DAY, true],
  ] as const) {
    sql(replica, `UPDATE replicator_apply SET changed_at = ${Date.now() - age}`);
    value(replica.kuma.markApplied(takeSnapshot(replica), IDS));
    assert.equal(value(replica.kuma.lastApply())?.hasStaleHistory, isGone);
    value(replica.kuma.confirm());
    if (isGone) assert.deepEqual(owners(replica), had);
    else assert.notDeepEqual(owners(replica), had);
  }
  assert.equal(value(replica.kuma.lastApply())?.hasStaleHistory, false);
  value(replica.kuma.rollBack());
  assert.equal(query(replica, "SELECT 1 FROM monitor WHERE id = 14").length, 1);
});

test("what a removed monitor left is not inherited by another one that takes its id later", (t) => {
  const replica = makeInstance(t, "2.5.3");
  const original = takeSnapshot(replica);
  value(
    replica.kuma.apply(
      takeSnapshot(replica, (content) => removeMonitor(content, MONITOR)),
      IDS,
    ),
  );
  const before = dump(replica);
  const back = { ...original, content: asAnother(original.content) };
  value(replica.kuma.apply(back, { ...IDS, snapshotId: "next" }));
  assert.deepEqual(beatsOf(replica, MONITOR), []);
  value(replica.kuma.rollBack());
  assert.deepEqual(dump(replica), before);
});

test("what the shell left of a monitor is not inherited either", (t) => {
  const replica = makeInstance(t, "2.5.3");
  const original = takeSnapshot(replica);
  sql(replica, "PRAGMA foreign_keys = OFF; DELETE FROM monitor WHERE id = 14");
  value(replica.kuma.apply(original, IDS));
  assert.deepEqual(beatsOf(replica, 14n), []);
});

test("a roll back takes along what the monitors that go have recorded: ids are used again after it", (t) => {
  const replica = makeInstance(t, "2.5.3");
  const had = owners(replica);
  const more = takeSnapshot(replica, (content) =>
    changeRows(content, "monitor", (rows) => [...rows, { ...rows[0], id: 700n, name: "more" }]),
  );
  value(replica.kuma.apply(more, IDS));
  value(replica.kuma.confirm());
  addBeats(replica, 700n, "of the new one");
  value(replica.kuma.rollBack());
  assert.deepEqual(owners(replica), had);
});

test("another maintenance under an old id does not inherit when that one began last", (t) => {
  const replica = makeInstance(t, "2.5.3");
  value(replica.kuma.markApplied(takeSnapshot(replica), IDS));
  const read = () => query(replica, "SELECT last_start_date FROM maintenance WHERE id = 1");
  sql(replica, "UPDATE maintenance SET last_start_date = '2026-01-01 00:00:00' WHERE id = 1");
  const change = (strategy: string) =>
    takeSnapshot(replica, (content) =>
      changeRows(content, "maintenance", (rows) =>
        rows.map((row) =>
          row.id === 1n
            ? { ...row, title: "another", strategy, start_date: "2030-01-01 00:00:00", cron: "1 2 * * *" }
            : row,
        ),
      ),
    );
  const [{ strategy } = {}] = query(replica, "SELECT strategy FROM maintenance WHERE id = 1");
  value(replica.kuma.apply(change(String(strategy)), IDS));
  assert.deepEqual(read(), [{ last_start_date: "2026-01-01 00:00:00" }]);
  value(replica.kuma.rollBack());
  value(replica.kuma.apply(change("recurring-interval"), IDS));
  assert.deepEqual(read(), [{ last_start_date: null }]);
  value(replica.kuma.rollBack());
  assert.deepEqual(read(), [{ last_start_date: "2026-01-01 00:00:00" }]);
});

test("at a first apply the same type alone makes no history another's: most monitors have it", (t) => {
  const replica = makeInstance(t, "2.5.3");
  const had = beatsOf(replica, MONITOR);
  const snapshot = takeSnapshot(replica, (content) => asAnother(content, { type: "http" }));
  assert.deepEqual(value(replica.kuma.apply(snapshot, IDS)).changes.monitor, {
    added: 1,
    removed: 1,
    changed: 0,
  });
  assert.deepEqual(beatsOf(replica, MONITOR), []);
  value(replica.kuma.rollBack());
  assert.deepEqual(beatsOf(replica, MONITOR), had);
});

test("before a migration nothing is left of monitors that are gone", (t) => {
  const replica = makeInstance(t, "1.23.17");
  sql(
    replica,
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500) INSERT INTO heartbeat (monitor_id, status, time) SELECT 14, 1, '2026-01-01' FROM n",
  );
  value(
    replica.kuma.apply(
      takeSnapshot(replica, (content) => removeMonitor(asAnother(content), 14n)),
      IDS,
    ),
  );
  value(replica.kuma.confirm());
  while (value(replica.kuma.dropHistory()) === "more");
  const orphans = query(replica, "SELECT 1 FROM heartbeat WHERE monitor_id NOT IN (SELECT id FROM monitor)");
  assert.deepEqual(orphans, []);
  value(replica.kuma.rollBack());
  assert.equal(
    query(replica, `SELECT 1 FROM monitor WHERE id IN (14, ${MONITOR}) AND name <> 'another'`).length,
    2,
  );
});

/** The table as releases before this one made it. */
const FORMER_TABLE = `
  ALTER TABLE replicator_apply RENAME TO newer;
  CREATE TABLE replicator_apply (id INTEGER PRIMARY KEY CHECK (id = 1), snapshot_id TEXT NOT NULL,
    content_hash TEXT NOT NULL, applied_at INTEGER NOT NULL, proven INTEGER NOT NULL, stale_history TEXT NOT NULL, undo TEXT);
  INSERT INTO replicator_apply SELECT id, snapshot_id, content_hash, applied_at, proven, stale_history, undo FROM newer;
  DROP TABLE newer;`;

test("the record of a former release is read, confirmed, undone and replaced", (t) => {
  const replica = makeInstance(t, "2.5.3");
  const before = dump(replica);
  value(replica.kuma.apply(takeSnapshot(replica, recolour), IDS));
  sql(replica, FORMER_TABLE, "UPDATE replicator_apply SET stale_history = '900'");
  const record = value(replica.kuma.lastApply());
  assert.ok(record?.canUndo && record.hasStaleHistory && record.changedAt === record.appliedAt);
  value(replica.kuma.confirm());
  assert.equal(value(replica.kuma.lastApply())?.hasStaleHistory, false);
  sql(replica, FORMER_TABLE);
  value(replica.kuma.rollBack());
  assert.deepEqual(dump(replica), before);
});
