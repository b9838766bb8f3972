import assert from "node:assert/strict";
import { it } from "node:test";
import { contentHash } from "../../../src/snapshot/index.ts";
import { changeRows, IDS, removeMonitor, table, value } from "../fixtures.ts";
import type { ContractEngine } from "./engine.ts";
import { dumpAll, plainMonitors, recolour, take } from "./support.ts";

/** read, hash, look, examine, isUntouched: what only looks. */
export function readContract(engine: ContractEngine): void {
  it("reads tables in catalog order, columns by name, rows by id, and the icon", async (t) => {
    const { kuma } = await engine.makeInstance(t);
    const content = value(await kuma.read());
    const names = content.tables.map(({ name }) => name);
    assert.ok(names.indexOf("monitor") < names.indexOf("monitor_tag"));
    for (const { name, columns, rows } of content.tables) {
      assert.deepEqual(columns, [...columns].sort(), name);
      const ids = rows.map((row) => row[columns.indexOf("id")]);
      assert.deepEqual(
        ids,
        [...ids].sort((a, b) => Number(a) - Number(b)),
        name,
      );
      assert.ok(
        ids.every((id) => typeof id === "bigint"),
        name,
      );
    }
    assert.ok(table(content, "monitor").rows.length > 0);
    assert.deepEqual(
      content.files.map(({ name }) => name),
      ["logo1.png"],
    );
  });

  it("hashes what it reads, and the same as long as nothing changes", async (t) => {
    const { kuma } = await engine.makeInstance(t);
    const hash = value(await kuma.hash());
    assert.equal(hash, contentHash(value(await kuma.read())));
    assert.equal(value(await kuma.hash()), hash);
  });

  it("hashes an edit, but not what Kuma writes by itself", async (t) => {
    const instance = await engine.makeInstance(t);
    const before = value(await instance.kuma.hash());
    await instance.sql(
      "UPDATE monitor SET dns_last_result = '10.0.0.1'",
      "INSERT INTO heartbeat (monitor_id, status, time) VALUES (2, 1, '2026-01-01 00:00:00')",
    );
    assert.equal(value(await instance.kuma.hash()), before);
    await instance.sql("UPDATE tag SET color = '#abcdef'");
    assert.notEqual(value(await instance.kuma.hash()), before);
    assert.equal(value(await instance.kuma.hash()), contentHash(value(await instance.kuma.read())));
  });

  it("looks for a change: finds each, and hashes nothing while there is no trace of one", async (t) => {
    const instance = await engine.makeInstance(t);
    const hash = value(await instance.kuma.hash());
    const first = value(await instance.kuma.look(undefined));
    assert.equal(first.contentHash, hash);
    const known = { ...first, contentHash: "what was found before" };
    assert.deepEqual(value(await instance.kuma.look(known)), known);
    for (const edit of [
      "UPDATE monitor SET name = 'as long' WHERE id = 2",
      "UPDATE monitor SET name = 'as Long' WHERE id = 2",
      "DELETE FROM monitor_tag",
    ]) {
      const before = value(await instance.kuma.look(undefined));
      await instance.sql(edit);
      const after = value(await instance.kuma.look(before));
      assert.notEqual(after.mark, before.mark, edit);
      assert.notEqual(after.contentHash, before.contentHash, edit);
      assert.equal(after.contentHash, value(await instance.kuma.hash()), edit);
    }
  });

  it("reads text as it was written, whatever is in it", async (t) => {
    const instance = await engine.makeInstance(t);
    const texts = ["it''s", 'say "x"', "a\nb;", " blanks ", "null", "🏳️‍🌈 é", "{}", "%_"];
    for (const [index, text] of texts.entries()) {
      await instance.sql(`UPDATE notification SET name = '${text}', config = '${text}'`);
      const { columns, rows } = table(value(await instance.kuma.read()), "notification");
      const wanted = text.replaceAll("''", "'");
      for (const column of ["name", "config"])
        assert.equal(rows[0]?.[columns.indexOf(column)], wanted, `text ${index}`);
      assert.equal(value(await instance.kuma.hash()), contentHash(value(await instance.kuma.read())));
    }
  });

  it("leaves out rows that point at nothing, says so, and hashes the same", async (t) => {
    const instance = await engine.makeInstance(t);
    const before = value(await instance.kuma.hash());
    await instance.sql("INSERT INTO monitor_tag (monitor_id, tag_id, value) VALUES (99999, 1, 'of nothing')");
    assert.equal(value(await instance.kuma.hash()), before);
    const examined = value(await instance.kuma.examine(value(await instance.kuma.read())));
    assert.deepEqual(examined.faults, []);
    assert.match(examined.leftOut.join(" "), /monitor_tag: left out, for monitor_id names a row of monitor/);
  });

  it("examines content with the eyes of a replica", async (t) => {
    const instance = await engine.makeInstance(t);
    const { content } = await take(instance);
    assert.deepEqual(value(await instance.kuma.examine(content)), { leftOut: [], faults: [] });
    const doubled = changeRows(content, "status_page", (rows) => [...rows, { ...rows[0], id: 7000n }]);
    const { faults } = value(await instance.kuma.examine(doubled));
    assert.match(faults.join(" "), /Row 7000 of table status_page: the same slug as another\./);
  });

  it("tells an untouched database from one in which something was configured once", async (t) => {
    const untouched = await engine.makeUntouched(t);
    assert.equal(value(await untouched.kuma.isUntouched()), true);
    await untouched.sql("INSERT INTO tag (name, color) VALUES ('first', 'red')");
    assert.equal(value(await untouched.kuma.isUntouched()), false);
    await untouched.sql("DELETE FROM tag");
    assert.equal(value(await untouched.kuma.isUntouched()), false, "a person has removed it again");
  });

  it("plans nothing for what is here, and counts what differs, without changing anything", async (t) => {
    const instance = await engine.makeInstance(t);
    const before = await dumpAll(instance);
    const same = await take(instance);
    const { memory, ...nothing } = value(await instance.kuma.plan(same));
    assert.deepEqual(nothing, { empty: true, changes: {}, notes: [] });
    assert.deepEqual([...memory.monitors, ...memory.maintenance, ...memory.tables], []);
    const [monitor = 0n] = plainMonitors(same.content);
    const content = removeMonitor(recolour(same.content), monitor);
    const { empty, changes } = value(await instance.kuma.plan({ ...same, content }));
    assert.equal(empty, false);
    assert.deepEqual(changes.monitor, { added: 0, removed: 1, changed: 0 });
    assert.deepEqual(changes.tag, { added: 0, removed: 0, changed: table(content, "tag").rows.length });
    assert.deepEqual(await dumpAll(instance), before);
    assert.equal(value(await instance.kuma.lastApply()), undefined);
  });

  it("gives the record of a snapshot that is in place already", async (t) => {
    const instance = await engine.makeInstance(t);
    const before = await dumpAll(instance);
    assert.equal(value(await instance.kuma.lastApply()), undefined);
    value(await instance.kuma.markApplied(await take(instance), IDS));
    const { snapshotId, contentHash: hash, verified, canUndo } = value(await instance.kuma.lastApply()) ?? {};
    assert.deepEqual(
      { snapshotId, hash, verified, canUndo },
      { snapshotId: IDS.snapshotId, hash: IDS.contentHash, verified: true, canUndo: false },
    );
    assert.deepEqual(await dumpAll(instance), before);
  });
}
