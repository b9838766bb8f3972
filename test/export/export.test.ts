import assert from "node:assert/strict";
import { describe, it } from "node:test";
import Database from "better-sqlite3";
import fc from "fast-check";
import { fromText, toDocument, toSql } from "../../src/export/index.ts";
import { contentHash, encodeSnapshot, type Value } from "../../src/snapshot/index.ts";
import {
  changeRows,
  makeInstance,
  problem,
  sql,
  takeSnapshot,
  VERSIONS,
  value,
} from "../database/fixtures.ts";
import { snapshot as anySnapshot } from "../snapshot/arbitrary.ts";

describe("export as one JSON document", () => {
  it("gives the snapshot back, whatever it holds", () => {
    fc.assert(
      fc.property(anySnapshot, (snapshot) => {
        const back = value(fromText(JSON.stringify(toDocument(snapshot), undefined, 2)));
        assert.deepEqual(back.origin, snapshot.origin);
        assert.equal(contentHash(back.content), contentHash(snapshot.content));
      }),
      { numRuns: 100 },
    );
  });

  it("can be edited by hand", (t) => {
    const document = toDocument(takeSnapshot(makeInstance(t, "2.5.3")));
    const monitors = document.tables.find(({ name }) => name === "monitor");
    assert.ok(monitors?.rows[1]);
    monitors.rows[1].name = "by hand";
    const back = value(fromText(JSON.stringify(document)));
    const table = back.content.tables.find(({ name }) => name === "monitor");
    assert.equal(table?.rows[1]?.[table.columns.indexOf("name")], "by hand");
  });

  it("is refused with the place that is wrong", (t) => {
    const document = toDocument(takeSnapshot(makeInstance(t, "2.5.3")));
    const spoil = (change: (copy: typeof document) => void) => {
      const copy = structuredClone(document);
      change(copy);
      return problem(fromText(JSON.stringify(copy))).message;
    };
    const row = (copy: typeof document) => copy.tables.find(({ name }) => name === "tag")?.rows[0] ?? {};
    assert.match(
      spoil((copy) => Object.assign(row(copy), { color: true })),
      /row 1 of tag/,
    );
    assert.match(
      spoil((copy) => Object.assign(row(copy), { colour: "red" })),
      /row 1 of tag, column colour/,
    );
    assert.match(
      spoil((copy) => Object.assign(row(copy), { id: "one" })),
      /tag/,
    );
    assert.match(
      spoil((copy) => Object.assign(copy, { tables: "none" })),
      /tables/,
    );
    assert.match(
      spoil((copy) => copy.files.push({ name: "../x", base64: "" })),
      /files/,
    );
  });
});

describe("fromText", () => {
  it("takes JSON Lines, and refuses what was changed or cut off", (t) => {
    const snapshot = takeSnapshot(makeInstance(t, "2.5.3"));
    const text = Buffer.concat([...encodeSnapshot(snapshot)]).toString("utf8");
    assert.deepEqual(value(fromText(text)).content, snapshot.content);
    assert.equal(problem(fromText(text.replace("http ok", "http ko"))).code, "snapshot-damaged");
    assert.equal(problem(fromText(text.slice(0, -100))).code, "snapshot-truncated");
    for (const nonsense of ["", "nonsense", "[]", "null", "INSERT INTO monitor VALUES (1);"])
      assert.ok(!fromText(nonsense).ok, nonsense);
  });
});

describe("export as SQL", () => {
  const hostile: Value[] = [
    ...[null, "", "'", "a'b;--\n\"", "\u0000", "x\u0000'y\u0000", "漢🐻", new Uint8Array([0, 39, 255])],
    ...[0n, -(2n ** 63n), 2n ** 63n - 1n, 1.5, 1e300, -1e-300, 2, -0, Infinity],
  ];

  const texts = hostile.filter((each) => typeof each === "string");

  for (const version of VERSIONS) {
    it(`fills an empty database of ${version} with the same rows`, (t) => {
      const instance = makeInstance(t, version);
      const { content } = takeSnapshot(instance, (whole) =>
        changeRows(whole, "monitor", (rows) =>
          rows.map((row, index) => ({ ...row, description: texts[index] ?? null })),
        ),
      );
      const text = [...toSql(content)].join("");
      sql(
        instance,
        "PRAGMA foreign_keys = OFF",
        ...content.tables.map(({ name }) => `DELETE FROM "${name}"`),
      );
      sql(instance, text);
      const back = value(instance.kuma.read());
      for (const { name, rows } of content.tables)
        assert.deepEqual(back.tables.find((table) => table.name === name)?.rows, rows, name);
    });
  }

  it("keeps every value exact in a column without a type", () => {
    const table = { name: "t", columns: ["id", "v"], rows: hostile.map((each, id) => [BigInt(id), each]) };
    const db = new Database(":memory:");
    db.exec("CREATE TABLE t (id, v)");
    db.exec([...toSql({ tables: [table], files: [] })].join(""));
    const rows = db
      .defaultSafeIntegers(true)
      .prepare<[], Value[]>("SELECT id, v FROM t ORDER BY id")
      .raw()
      .all();
    db.close();
    assert.deepEqual(
      rows.map(([, v]) => (v instanceof Uint8Array ? new Uint8Array(v) : v)),
      hostile,
    );
  });
});
