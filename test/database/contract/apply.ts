import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { type Content, contentHash, type Row } from "../../../src/snapshot/index.ts";
import { changeRows, IDS, png, table, value } from "../fixtures.ts";
import type { ContractEngine } from "./engine.ts";
import { changeAll, dumpAll, dumpForeign, NEXT_IDS, recolour, take } from "./support.ts";

/** apply, and the record of it. */
export function applyContract(engine: ContractEngine): void {
  it("makes rows and files those of the snapshot, as planned, and leaves all else", async (t) => {
    const instance = await engine.makeInstance(t);
    const foreign = await dumpForeign(instance);
    const snapshot = await take(instance, changeAll(png("another")));
    // What the names of the changes are is known to whoever plans and applies the same loaded snapshot.
    const { named: _, ...planned } = value(await instance.kuma.plan(snapshot));
    const { named: __, ...applied } = value(await instance.kuma.apply(snapshot, IDS));
    assert.deepEqual(applied, planned);
    assert.deepEqual(Object.keys(planned.changes).sort(), [
      ...["file", "monitor"],
      ...["monitor_group", "monitor_maintenance", "monitor_notification", "monitor_tag", "tag"].filter(
        (name) => name in planned.changes,
      ),
    ]);
    const here = value(await instance.kuma.read());
    for (const { name, columns, rows } of snapshot.content.tables) {
      const found = table(here, name);
      assert.deepEqual(found.columns, columns);
      assert.deepEqual(found.rows, rows, name);
    }
    assert.deepEqual(readFileSync(join(instance.uploadDir, "logo1.png")), png("another"));
    assert.equal(value(await instance.kuma.hash()), contentHash(snapshot.content));
    assert.equal(value(await instance.kuma.plan(snapshot)).empty, true);
    assert.deepEqual(await dumpForeign(instance), foreign);
  });

  it("keeps a record, unverified until it is confirmed", async (t) => {
    const instance = await engine.makeInstance(t);
    const startedAt = Date.now();
    value(await instance.kuma.apply(await take(instance, recolour), IDS));
    const record = value(await instance.kuma.lastApply());
    assert.ok(record);
    const { appliedAt, changedAt, ...rest } = record;
    assert.deepEqual(rest, { ...IDS, verified: false, hasStaleHistory: false, canUndo: true });
    for (const time of [appliedAt, changedAt]) assert.ok(time >= startedAt && time <= Date.now());
    value(await instance.kuma.confirm());
    assert.deepEqual(value(await instance.kuma.lastApply()), { ...record, verified: true });
  });

  it("changes nothing but the record when nothing differs, and keeps the undo of the last change", async (t) => {
    const instance = await engine.makeInstance(t);
    const original = await dumpAll(instance);
    const snapshot = await take(instance, recolour);
    value(await instance.kuma.apply(snapshot, IDS));
    const changed = await dumpAll(instance);
    const first = value(await instance.kuma.lastApply());
    assert.equal(value(await instance.kuma.apply(snapshot, NEXT_IDS)).empty, true);
    assert.deepEqual(await dumpAll(instance), changed);
    const last = value(await instance.kuma.lastApply());
    assert.deepEqual({ ...last, appliedAt: 0 }, { ...first, ...NEXT_IDS, verified: true, appliedAt: 0 });
    value(await instance.kuma.rollBack());
    assert.deepEqual(await dumpAll(instance), original);
  });

  it("writes text as it is, whatever is in it", async (t) => {
    const texts = [
      "it's",
      'say "x"',
      "a\r\nb",
      "; DROP TABLE monitor; --",
      "🏳️‍🌈",
      "back\\slash \\n",
      " blanks ",
      "",
      "NULL",
      "null",
      '{"i":"1"}',
      "%_?:x",
    ];
    const instance = await engine.makeInstance(t);
    const snapshot = await take(instance, (content) =>
      changeRows(content, "notification", (rows) =>
        texts.map((text, index) => ({ ...rows[0], id: BigInt(index + 1), name: text, config: text })),
      ),
    );
    value(await instance.kuma.apply(snapshot, IDS));
    const here = value(await instance.kuma.read());
    assert.deepEqual(table(here, "notification").rows, table(snapshot.content, "notification").rows);
    assert.equal(value(await instance.kuma.hash()), contentHash(snapshot.content));
  });

  it("lets two status pages swap what no two may share", async (t) => {
    const instance = await engine.makeInstance(t);
    const two = await take(instance, (content) =>
      changeRows(content, "status_page", ([first]) => [
        { ...first, id: 7001n, slug: "one" },
        { ...first, id: 7002n, slug: "two" },
      ]),
    );
    value(await instance.kuma.apply(two, IDS));
    const swapped = await take(instance, (content) =>
      changeRows(content, "status_page", (rows) =>
        rows.map((row) => ({ ...row, slug: row.slug === "one" ? "two" : "one" })),
      ),
    );
    value(await instance.kuma.apply(swapped, NEXT_IDS));
    assert.deepEqual(slugs(value(await instance.kuma.read())), ["two", "one"]);
    value(await instance.kuma.rollBack());
    assert.deepEqual(slugs(value(await instance.kuma.read())), ["one", "two"]);
  });

  it("gives rows of an account that is not here to its own first account", async (t) => {
    const instance = await engine.makeInstance(t);
    const own = await instance.query("SELECT DISTINCT user_id FROM monitor");
    const snapshot = await take(instance, (content) =>
      changeRows(content, "monitor", (rows) =>
        rows.map((row) => ({ ...row, user_id: 4711n, name: `${row.name}!` })),
      ),
    );
    const { notes } = value(await instance.kuma.apply(snapshot, IDS));
    assert.match(notes.join(" "), /rows of monitor belong to an account of this instance/);
    assert.deepEqual(await instance.query("SELECT DISTINCT user_id FROM monitor"), own);
  });
}

function slugs(content: Content): unknown[] {
  const { columns, rows } = table(content, "status_page");
  return rows.map((row: Row) => row[columns.indexOf("slug")]);
}
