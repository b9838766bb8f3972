import assert from "node:assert/strict";
import { test } from "node:test";
import type { Content } from "../../src/snapshot/index.ts";
import {
  changeRows,
  dump,
  IDS,
  type Instance,
  makeInstance,
  problem,
  query,
  sql,
  takeSnapshot,
  VERSIONS,
  value,
} from "./fixtures.ts";

const NEW = 700n;

/** A snapshot with one more of each: what an instance was promoted on. */
function addOfEach(content: Content): Content {
  return ["monitor", "tag", "notification", "proxy", "docker_host", "status_page", "group"].reduce(
    (changed, name) =>
      changeRows(changed, name, (rows) => [
        ...rows,
        { ...rows[0], id: NEW, ...(name === "status_page" ? { slug: "new", icon: "" } : {}) },
      ]),
    content,
  );
}

const dangling = (instance: Instance) =>
  query(instance, "SELECT \"table\", parent FROM pragma_foreign_key_check WHERE parent <> 'user'");

for (const version of VERSIONS) {
  test(`${version}: what was made since for rows that go, goes with them or loses them, as in Kuma`, (t) => {
    const instance = makeInstance(t, version);
    const before = dump(instance);
    assert.deepEqual(dangling(instance), []);
    value(instance.kuma.apply(takeSnapshot(instance, addOfEach), IDS));
    value(instance.kuma.confirm());
    const [{ parent, proxy_id, docker_host } = {}] = query(instance, "SELECT * FROM monitor WHERE id = 2");
    sql(
      instance,
      `INSERT INTO monitor_tag (monitor_id, tag_id, value) VALUES (${NEW}, 1, 'x'), (1, ${NEW}, 'x'), (2, ${NEW}, 'x')`,
      `INSERT INTO monitor_notification (monitor_id, notification_id) VALUES (${NEW}, 1), (1, ${NEW})`,
      `INSERT INTO monitor_group (monitor_id, group_id) VALUES (${NEW}, 1), (1, ${NEW})`,
      `INSERT INTO monitor_maintenance (monitor_id, maintenance_id) VALUES (${NEW}, 1)`,
      `INSERT INTO "group" (id, name, status_page_id) VALUES (800, 'made since', ${NEW})`,
      "INSERT INTO monitor_group (monitor_id, group_id) VALUES (1, 800)",
      `INSERT INTO incident (title, content, status_page_id) VALUES ('made since', '', ${NEW})`,
      `UPDATE monitor SET parent = ${NEW}, proxy_id = ${NEW}, docker_host = ${NEW} WHERE id = 2`,
    );
    const preview = value(instance.kuma.previewRollBack());
    value(instance.kuma.rollBack());
    assert.deepEqual(dangling(instance), []);
    sql(
      instance,
      `UPDATE monitor SET parent = ${parent}, proxy_id = ${proxy_id}, docker_host = ${docker_host} WHERE id = 2`,
    );
    const after = dump(instance);
    assert.deepEqual({ ...after, sqlite_sequence: 0 }, { ...before, sqlite_sequence: 0 });
    const fates = preview?.dangling.map(({ table, column, fate }) => `${table} ${column} ${fate}`).sort();
    assert.deepEqual(fates, [
      "group status_page_id row goes",
      "incident status_page_id row goes",
      "monitor docker_host becomes NULL",
      "monitor parent becomes NULL",
      "monitor proxy_id becomes NULL",
      "monitor_group group_id row goes",
      "monitor_group group_id row goes",
      "monitor_group monitor_id row goes",
      "monitor_maintenance monitor_id row goes",
      "monitor_notification monitor_id row goes",
      "monitor_notification notification_id row goes",
      "monitor_tag monitor_id row goes",
      "monitor_tag tag_id row goes",
      "monitor_tag tag_id row goes",
    ]);
  });

  test(`${version}: a preview changes nothing, and knows of no edits where there were none`, (t) => {
    const instance = makeInstance(t, version);
    const original = value(instance.kuma.read());
    assert.equal(value(instance.kuma.previewRollBack()), undefined);
    const snapshot = takeSnapshot(instance, (content) =>
      changeRows(addOfEach(content), "monitor", (rows) =>
        rows.map((row) => (row.id === 2n ? { ...row, name: "published", interval: 77n } : row)),
      ),
    );
    value(instance.kuma.apply(snapshot, IDS));
    value(instance.kuma.confirm());
    const present = dump(instance);
    const preview = value(instance.kuma.previewRollBack());
    assert.deepEqual(dump(instance), present);
    assert.deepEqual([preview?.edited, preview?.dangling, preview?.withoutHistory], [[], [], 0]);
    assert.deepEqual(preview?.before, value(instance.kuma.read()));
    assert.deepEqual(preview?.after, original);
    assert.equal(preview?.changedAt, value(instance.kuma.lastApply())?.changedAt);

    sql(
      instance,
      "UPDATE monitor SET name = 'edited since', description = 'not overwritten' WHERE id = 2",
      `UPDATE tag SET color = '#fedcba' WHERE id = ${NEW}`,
    );
    assert.deepEqual(value(instance.kuma.previewRollBack())?.edited, [
      { table: "tag", id: NEW, columns: [] },
      { table: "monitor", id: 2n, columns: ["name"] },
    ]);
  });
}

test("a notification that took the number of a removed assignment is not in the way of the undo", (t) => {
  const instance = makeInstance(t, "2.5.3");
  const links = () =>
    query(instance, "SELECT monitor_id, notification_id FROM monitor_notification ORDER BY 1, 2");
  const before = links();
  const snapshot = takeSnapshot(instance, (content) => changeRows(content, "monitor_notification", () => []));
  value(instance.kuma.apply(snapshot, IDS));
  sql(instance, "INSERT INTO monitor_notification (monitor_id, notification_id) VALUES (14, 1)");
  value(instance.kuma.rollBack());
  const made = { monitor_id: 14n, notification_id: 1n };
  assert.equal(links().length, before.length + 1);
  assert.ok(links().some((link) => link.monitor_id === made.monitor_id && link.notification_id === 1n));
});

test("a status page that took the address of a removed one: refused, in the preview too, and nothing is done", (t) => {
  const instance = makeInstance(t, "2.5.3");
  const empty = (content: Content, name: string) => changeRows(content, name, () => []);
  const snapshot = takeSnapshot(instance, (content) =>
    ["status_page", "status_page_cname", "maintenance_status_page"].reduce(empty, content),
  );
  const [{ slug } = {}] = query(instance, "SELECT slug FROM status_page");
  value(instance.kuma.apply(snapshot, IDS));
  sql(
    instance,
    `INSERT INTO status_page (id, slug, title, icon, theme) VALUES (900, '${slug}', 'made since', '', 'light')`,
  );
  const present = dump(instance);
  assert.match(problem(instance.kuma.previewRollBack()).message, /cannot be undone.*status_page/);
  assert.match(problem(instance.kuma.rollBack()).message, /cannot be undone.*status_page/);
  assert.deepEqual(dump(instance), present);
});
