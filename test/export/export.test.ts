import assert from "node:assert/strict";
import { describe, it } from "node:test";
import Database from "better-sqlite3";
import fc from "fast-check";
import { aboutFile, fromFile, toDocument, toSql } from "../../src/export/index.ts";
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

const fromFileText = (text: string) => fromFile(Buffer.from(text, "utf8"));

describe("export as one JSON document", () => {
  it("gives the snapshot back, whatever it holds", () => {
    fc.assert(
      fc.property(anySnapshot, (snapshot) => {
        const back = value(fromFileText(JSON.stringify(toDocument(snapshot), undefined, 2)));
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
    const back = value(fromFileText(JSON.stringify(document)));
    const table = back.content.tables.find(({ name }) => name === "monitor");
    assert.equal(table?.rows[1]?.[table.columns.indexOf("name")], "by hand");
  });

  it("is refused with the place that is wrong", (t) => {
    const document = toDocument(takeSnapshot(makeInstance(t, "2.5.3")));
    const spoil = (change: (copy: typeof document) => void) => {
      const copy = structuredClone(document);
      change(copy);
      return problem(fromFileText(JSON.stringify(copy))).message;
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

describe("fromFile", () => {
  it("takes JSON Lines, and refuses what was changed or cut off", (t) => {
    const snapshot = takeSnapshot(makeInstance(t, "2.5.3"));
    const text = Buffer.concat([...encodeSnapshot(snapshot)]).toString("utf8");
    assert.deepEqual(value(fromFileText(text)).content, snapshot.content);
    assert.equal(problem(fromFileText(text.replace("http ok", "http ko"))).code, "snapshot-damaged");
    assert.equal(problem(fromFileText(text.slice(0, -100))).code, "snapshot-truncated");
    for (const nonsense of ["", "nonsense", "[]", "null", "INSERT INTO monitor VALUES (1);"])
      assert.equal(problem(fromFileText(nonsense)).code, "file-no-export", nonsense);
  });

  it("takes off what a terminal, a shell or an editor adds, and nothing else", () => {
    const additions: ((text: string) => string | Buffer)[] = [
      (text) => text.replaceAll("\n", "\r\n"),
      (text) => text.replaceAll("\n", "\r\r\n"),
      (text) => `Warning: this goes to a terminal.\r\n${text.replaceAll("\n", "\r\n")}\r\n$ exit\r\n`,
      (text) => text.trimEnd(),
      (text) => `\ufeff${text}`,
      (text) => `${text}\n\n  \n`,
      (text) => Buffer.from(`\ufeff${text.replaceAll("\n", "\r\n")}`, "utf16le"),
    ];
    fc.assert(
      fc.property(anySnapshot, fc.constantFrom(...additions), (snapshot, add) => {
        const jsonl = Buffer.concat([...encodeSnapshot(snapshot)]).toString("utf8");
        const document = toDocument(snapshot);
        for (const text of [jsonl, JSON.stringify(document), `${JSON.stringify(document, undefined, 2)}\n`]) {
          const back = value(fromFile(Buffer.from(add(text))));
          assert.equal(contentHash(back.content), contentHash(snapshot.content));
        }
      }),
      { numRuns: 200 },
    );
  });

  it("says what is wrong with the file, and never talks of the repository or the primary", (t) => {
    const snapshot = takeSnapshot(makeInstance(t, "2.5.3"));
    const text = Buffer.concat([...encodeSnapshot(snapshot)]).toString("utf8");
    const lines = text.split("\n");
    const wrong = {
      empty: "",
      cut: text.slice(0, -100),
      "header alone": `${lines[0]}\n`,
      changed: text.replace("http ok", "http ko"),
      "a line missing": lines.toSpliced(3, 1).join("\n"),
      newer: JSON.stringify({ ...toDocument(snapshot), format: 9 }),
      "no table": JSON.stringify({ ...toDocument(snapshot), tables: 1 }),
      sql: [...toSql(snapshot.content)].join(""),
      html: "<html></html>",
      binary: "\u0000\u0001",
    };
    for (const [name, content] of Object.entries(wrong)) {
      const { message, advice } = problem(fromFileText(content));
      assert.match(message, /\b[Ff]ile\b/, name);
      assert.doesNotMatch(`${message} ${advice}`, /repository|primary|snapshot|stored|fetched/i, name);
    }
    const content = changeRows(snapshot.content, "status_page", (rows) =>
      rows.flatMap((row) => [row, { ...row, id: 999n }]),
    );
    const unfit = aboutFile(problem(makeInstance(t, "2.5.3").kuma.plan({ ...snapshot, content })));
    assert.match(unfit.message, /slug/);
    assert.doesNotMatch(`${unfit.message} ${unfit.advice}`, /repository|primary|snapshot/i);
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
