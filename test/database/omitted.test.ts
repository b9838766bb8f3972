import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Content, withoutOmitted } from "../../src/snapshot/index.ts";
import { changeRows, dump, IDS, makeInstance, query, sql, table, takeSnapshot, value } from "./fixtures.ts";

const OMITTED = ["proxy", "docker_host", "status_page_cname", "file"];

/** As a bash version publishes: nothing is said of some tables and of the icons. */
function omit(content: Content): Content {
  return withoutOmitted({ ...content, omits: OMITTED }, { tables: [], files: [], omits: OMITTED });
}

describe("a snapshot that says nothing of some tables", () => {
  it("leaves them and the icons as they are", (t) => {
    const [primary, replica] = [makeInstance(t, "2.5.3"), makeInstance(t, "2.5.3")];
    sql(
      replica,
      "UPDATE proxy SET host = 'own.example'",
      "UPDATE status_page_cname SET domain = 'own.example' WHERE id = 1",
    );
    sql(primary, "UPDATE monitor SET name = 'new' WHERE id = 2");
    const before = dump(replica, (name) => OMITTED.includes(name));
    const done = value(replica.kuma.apply(takeSnapshot(primary, omit), IDS));
    assert.deepEqual(done.changes, { monitor: { added: 0, removed: 0, changed: 1 } });
    assert.deepEqual(done.notes, []);
    assert.deepEqual(
      dump(replica, (name) => OMITTED.includes(name)),
      before,
    );
  });

  it("has a reference that leads nowhere here become NULL, with a note", (t) => {
    const [primary, replica] = [makeInstance(t, "2.5.3"), makeInstance(t, "2.5.3")];
    sql(replica, "UPDATE monitor SET proxy_id = NULL", "DELETE FROM proxy");
    const done = value(replica.kuma.apply(takeSnapshot(primary, omit), IDS));
    assert.match(done.notes.join(" "), /Row 11 of table monitor: proxy_id left empty/);
    assert.deepEqual(query(replica, "SELECT id FROM monitor WHERE proxy_id IS NOT NULL"), []);
    value(replica.kuma.rollBack());
  });

  it("takes with a status page the domains that are here", (t) => {
    const [primary, replica] = [makeInstance(t, "2.5.3"), makeInstance(t, "2.5.3")];
    const withoutPages = (content: Content) =>
      ["status_page", "group", "monitor_group", "incident", "maintenance_status_page"].reduce(
        (left, name) => changeRows(left, name, () => []),
        omit(content),
      );
    const done = value(replica.kuma.apply(takeSnapshot(primary, withoutPages), IDS));
    assert.match(done.notes.join(" "), /Rows 1, 2 of table status_page_cname: left out/);
    assert.deepEqual(query(replica, "SELECT id FROM status_page_cname"), []);
    value(replica.kuma.rollBack());
    assert.equal(query(replica, "SELECT id FROM status_page_cname").length, 2);
  });

  it("tells which icon is nowhere", (t) => {
    const [primary, replica] = [makeInstance(t, "2.5.3"), makeInstance(t, "2.5.3")];
    const other = (content: Content) =>
      changeRows(omit(content), "status_page", (rows) =>
        rows.map((row) => ({ ...row, icon: "/upload/logo9.png?t=1" })),
      );
    const plan = value(replica.kuma.plan(takeSnapshot(primary, other)));
    assert.match(
      plan.notes.join(" "),
      /icon logo9\.png of a status page is neither in the snapshot nor here/,
    );
  });

  it("lacks a table that it does speak of: refused", (t) => {
    const replica = makeInstance(t, "2.5.3");
    const snapshot = takeSnapshot(replica, (content) => {
      table(content, "tag");
      return { ...omit(content), tables: omit(content).tables.filter(({ name }) => name !== "tag") };
    });
    const plan = replica.kuma.plan(snapshot);
    assert.match(plan.ok ? "" : plan.problem.message, /has no table tag/);
  });
});
