import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nameChanges, type Outline, outlineOf } from "../../src/diff/index.ts";
import {
  type Content,
  countChanges,
  describeChanges,
  fingerprint,
  type Value,
} from "../../src/snapshot/index.ts";
import { changeRows, makeInstance, removeMonitor, takeSnapshot } from "../database/fixtures.ts";

const name = (before: Content, after: Content) => nameChanges(outlineOf(before), outlineOf(after));

/** The columns of the row with this id, changed. */
function edit(content: Content, table: string, id: bigint, columns: Readonly<Record<string, Value>>) {
  return changeRows(content, table, (rows) =>
    rows.map((row) => (row.id === id ? { ...row, ...columns } : row)),
  );
}

describe("nameChanges", () => {
  it("says nothing of equal contents, and nothing of the time of a save", (t) => {
    const { content } = takeSnapshot(makeInstance(t, "2.5.3"));
    assert.deepEqual(name(content, content), { first: [], more: 0 });
    const saved = edit(content, "status_page", 1n, { modified_date: "2030-01-01 00:00:00" });
    assert.deepEqual(name(content, saved), { first: [], more: 0 });
  });

  it("names what was renamed, edited, paused, resumed, added and removed", (t) => {
    const { content } = takeSnapshot(makeInstance(t, "2.5.3"));
    const without = removeMonitor(content, 2n);
    const cases: [Content, Content, string[]][] = [
      [content, edit(content, "monitor", 2n, { name: "Shop" }), ['monitor "http ok" renamed to "Shop"']],
      [content, edit(content, "monitor", 2n, { url: "https://b/" }), ['monitor "http ok" edited']],
      [content, edit(content, "monitor", 2n, { active: 0n }), ['monitor "http ok" paused']],
      [content, edit(content, "monitor", 13n, { active: 1n }), ['monitor "paused" resumed']],
      [content, { ...content, files: [] }, ['icon "logo1.png" removed']],
      // What hung on it came and went with it.
      [content, without, ['monitor "http ok" removed']],
      [without, content, ['monitor "http ok" added']],
    ];
    for (const [before, after, first] of cases) assert.deepEqual(name(before, after), { first, more: 0 });
  });

  it("tells a connection by both its ends, and not when Kuma only made it anew", (t) => {
    const { content } = takeSnapshot(makeInstance(t, "2.5.3"));
    const renumbered = changeRows(content, "monitor_notification", (rows) =>
      rows.map((row) => ({ ...row, id: BigInt(String(row.id)) + 1_000n })),
    );
    assert.deepEqual(name(content, renumbered).first, []);
    const fewer = changeRows(content, "monitor_notification", ([, ...rows]) => rows);
    const [gone, ...others] = name(content, fewer).first;
    assert.match(gone ?? "", /^notification ".+" of monitor ".+" removed$/);
    assert.deepEqual(others, []);
  });

  it("names the first few and counts the others, and so do the words", (t) => {
    const { content } = takeSnapshot(makeInstance(t, "2.5.3"));
    const all = changeRows(content, "monitor", (rows) => rows.map((row) => ({ ...row, interval: 61n })));
    const named = name(content, all);
    const count = all.tables.find((table) => table.name === "monitor")?.rows.length ?? 0;
    assert.equal(named.first.length, 5);
    assert.equal(named.more, count - 5);
    const words = describeChanges(countChanges(fingerprint(content), fingerprint(all)), named);
    assert.ok(words.startsWith(`${count} monitors changed; among them monitor "Group A" edited, `), words);
    const one = edit(content, "monitor", 2n, { name: "Shop" });
    assert.equal(
      describeChanges(countChanges(fingerprint(content), fingerprint(one)), name(content, one)),
      'monitor "http ok" renamed to "Shop"',
    );
  });

  it("holds no value of a row but its name, and survives being stored", (t) => {
    const { content } = takeSnapshot(makeInstance(t, "2.5.3"));
    const secret = edit(content, "monitor", 2n, {
      basic_auth_pass: "hush-hush",
      url: "https://u:hush-hush@x/",
    });
    const text = JSON.stringify(outlineOf(secret));
    assert.doesNotMatch(text, /hush/);
    const stored: Outline = JSON.parse(text);
    assert.deepEqual(nameChanges(stored, outlineOf(content)).first, ['monitor "http ok" edited']);
  });

  it("tells monitors first, whatever the order of the tables", (t) => {
    const { content } = takeSnapshot(makeInstance(t, "2.5.3"));
    const edited = edit(edit(content, "notification", 1n, { name: "Ops" }), "monitor", 2n, { name: "Shop" });
    for (const tables of [edited.tables, [...edited.tables].reverse()])
      assert.match(name(content, { ...edited, tables }).first.join(), /^monitor .*,notification /);
  });

  it("says nothing of what one side says nothing of", (t) => {
    const { content } = takeSnapshot(makeInstance(t, "2.5.3"));
    const tables = content.tables.filter((table) => table.name !== "tag");
    const silent = { tables, files: [], omits: ["tag", "file"] };
    assert.deepEqual(name(silent, content).first, []);
    assert.deepEqual(name(content, silent).first, []);
  });

  it("leaves out the tables that are not asked for", (t) => {
    const { content } = takeSnapshot(makeInstance(t, "2.5.3"));
    const edited = edit(content, "monitor", 2n, { name: "Shop" });
    assert.deepEqual(nameChanges(outlineOf(content), outlineOf(edited), ["tag"]).first, []);
  });
});
