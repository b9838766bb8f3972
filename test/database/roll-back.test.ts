import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  changeRows,
  dump,
  ICON,
  IDS,
  type Instance,
  makeInstance,
  png,
  problem,
  query,
  sql,
  table,
  takeSnapshot,
  VERSIONS,
  value,
} from "./fixtures.ts";

/** A snapshot that adds, removes and changes rows of every table, and the icon. */
function makeUpheaval(replica: Instance) {
  writeFileSync(join(replica.uploadDir, "logo1.png"), "the old icon");
  const snapshot = takeSnapshot(replica, (content) => {
    const names = content.tables.map(({ name }) => name);
    return names.reduce(
      (changed, name) => {
        const { columns, rows } = table(changed, name);
        if (rows.length === 0) return changed;
        return changeRows(changed, name, (named) => {
          const [first = {}] = named;
          const text = ["name", "title", "host", "domain", "value", "docker_daemon"].find((column) =>
            columns.includes(column),
          );
          const unique = name === "status_page" ? { slug: "another", icon: "/upload/logo5000.png" } : {};
          const added = {
            ...first,
            id: 5_000n,
            ...unique,
            ...(name === "status_page_cname" ? { domain: "new.example" } : {}),
          };
          return [...named.map((row) => (text ? { ...row, [text]: `${row[text]}-` } : row)), added];
        });
      },
      changeRows(content, "monitor_tag", (rows) => rows.slice(1)),
    );
  });
  return {
    ...snapshot,
    content: {
      ...snapshot.content,
      files: [
        { name: "logo1.png", bytes: png("new") },
        { name: "logo5000.png", bytes: png("more") },
      ],
    },
  };
}

for (const version of VERSIONS) {
  test(`after a roll back every row of every table of ${version} is as before, counters and files too`, (t) => {
    const replica = makeInstance(t, version);
    const snapshot = makeUpheaval(replica);
    const before = dump(replica);
    assert.equal(value(replica.kuma.apply(snapshot, IDS)).empty, false);
    const after = dump(replica);
    assert.notDeepEqual(after.sqlite_sequence, before.sqlite_sequence);
    assert.notDeepEqual(after.files, before.files);
    value(replica.kuma.rollBack());
    assert.deepEqual(dump(replica), before);
    assert.equal(value(replica.kuma.lastApply()), undefined);
    value(replica.kuma.rollBack());
    assert.deepEqual(dump(replica), before);
  });
}

test("from one version onto another and back", (t) => {
  const replica = makeInstance(t, "2.5.3");
  const before = dump(replica);
  value(replica.kuma.apply(takeSnapshot(makeInstance(t, "1.23.13")), IDS));
  assert.notDeepEqual(dump(replica), before);
  value(replica.kuma.rollBack());
  assert.deepEqual(dump(replica), before);
});

test("the first rows of a table: its counter is gone again", (t) => {
  const replica = makeInstance(t, "2.5.3");
  sql(
    replica,
    "DELETE FROM monitor_tag",
    "DELETE FROM tag",
    "DELETE FROM sqlite_sequence WHERE name IN ('tag', 'monitor_tag')",
  );
  const before = dump(replica);
  value(replica.kuma.apply(takeSnapshot(makeInstance(t, "2.5.3")), IDS));
  value(replica.kuma.rollBack());
  assert.deepEqual(dump(replica), before);
});

test("the record of the apply before comes back, and only one apply is undone", (t) => {
  const replica = makeInstance(t, "2.5.3");
  value(replica.kuma.apply(takeSnapshot(makeInstance(t, "2.3.2")), IDS));
  value(replica.kuma.confirm());
  const first = value(replica.kuma.lastApply());
  const before = dump(replica);
  value(replica.kuma.apply(makeUpheaval(replica), { snapshotId: "second", contentHash: "h" }));
  assert.equal(value(replica.kuma.lastApply())?.verified, false);
  value(replica.kuma.rollBack());
  assert.ok(first?.canUndo);
  assert.deepEqual(value(replica.kuma.lastApply()), { ...first, canUndo: false });
  writeFileSync(join(replica.uploadDir, "logo1.png"), ICON);
  assert.deepEqual(dump(replica), before);
  value(replica.kuma.rollBack());
  assert.deepEqual(dump(replica), before);
});

test("it can be undone after confirm and after a snapshot that changed nothing", (t) => {
  const replica = makeInstance(t, "2.5.3");
  const before = query(replica, "SELECT * FROM monitor");
  const snapshot = takeSnapshot(makeInstance(t, "2.3.2"));
  value(replica.kuma.apply(snapshot, IDS));
  value(replica.kuma.confirm());
  value(replica.kuma.markApplied(snapshot, { ...IDS, snapshotId: "alike" }));
  value(replica.kuma.rollBack());
  assert.deepEqual(query(replica, "SELECT * FROM monitor"), before);
});

test("nothing to undo is no failure", (t) => {
  const replica = makeInstance(t, "1.23.0");
  const before = dump(replica);
  value(replica.kuma.rollBack());
  value(replica.kuma.confirm());
  assert.deepEqual(dump(replica), before);
});

for (const [column, text] of [
  ["undo", "{"],
  ["undo", "{}"],
  ["undo", '{"tables":[{"name":1}]}'],
  ["stale_history", "1,x"],
  ["applied_at", "soon"],
]) {
  test(`a record whose ${column} is ${text} is a problem, not a crash`, (t) => {
    const replica = makeInstance(t, "2.5.3");
    value(replica.kuma.apply(takeSnapshot(makeInstance(t, "2.3.2")), IDS));
    sql(replica, `UPDATE replicator_apply SET ${column} = '${text}'`);
    const before = dump(replica);
    const { code, message } = problem(replica.kuma.rollBack());
    assert.equal(code, "database-failed");
    assert.match(message, /replicator_apply/);
    assert.deepEqual(dump(replica), before);
  });
}
