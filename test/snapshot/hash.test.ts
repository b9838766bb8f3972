import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Content, contentHash, fingerprint, type Table, type Value } from "../../src/snapshot/index.ts";
import { snapshot } from "./arbitrary.ts";

const tag: Table = {
  name: "tag",
  columns: ["color", "id"],
  rows: [
    ["a", 1n],
    ["b", 2n],
  ],
};
const base: Content = { tables: [tag], files: [{ name: "a", bytes: Buffer.from("x") }] };

function withTag(change: Partial<Table>): Content {
  return { ...base, tables: [{ ...tag, ...change }] };
}

test("the order of tables, columns, rows and files makes no difference", () => {
  fc.assert(
    fc.property(snapshot, ({ content }) => {
      const reversed: Content = {
        tables: content.tables.toReversed().map((table) => ({
          ...table,
          columns: table.columns.toReversed(),
          rows: table.rows.toReversed().map((row) => row.toReversed()),
        })),
        files: content.files.toReversed(),
      };
      assert.equal(contentHash(reversed), contentHash(content));
      assert.deepEqual(fingerprint(reversed), fingerprint(content));
    }),
  );
});

test("owners and defaults make no difference", () => {
  const owned = (owner: Value): Content =>
    withTag({
      columns: ["color", "id", "user_id"],
      owner: "user_id",
      defaults: { id: owner },
      rows: [
        ["a", 1n, owner],
        ["b", 2n, owner],
      ],
    });
  assert.equal(contentHash(owned(1n)), contentHash(base));
  assert.equal(contentHash(owned(null)), contentHash(base));
  assert.deepEqual(fingerprint(owned(7n)), fingerprint(base));
});

const different: Record<string, Content> = {
  "a changed value": withTag({
    rows: [
      ["a", 1n],
      ["c", 2n],
    ],
  }),
  "NULL for text": withTag({
    rows: [
      ["a", 1n],
      [null, 2n],
    ],
  }),
  "another row": withTag({
    rows: [
      ["a", 1n],
      ["b", 2n],
      ["c", 3n],
    ],
  }),
  "one row less": withTag({ rows: [["a", 1n]] }),
  "values moved between rows": withTag({
    rows: [
      ["b", 1n],
      ["a", 2n],
    ],
  }),
  "another column name": withTag({ columns: ["colour", "id"] }),
  "another table name": withTag({ name: "tags" }),
  "an empty table more": { ...base, tables: [tag, { name: "proxy", columns: ["id"], rows: [] }] },
  "other bytes in a file": { ...base, files: [{ name: "a", bytes: Buffer.from("y") }] },
  "another file name": { ...base, files: [{ name: "b", bytes: Buffer.from("x") }] },
  "no file": { ...base, files: [] },
};
for (const [what, content] of Object.entries(different)) {
  test(`${what} makes a difference`, () => assert.notEqual(contentHash(content), contentHash(base)));
}

test("values of different types never hash alike", () => {
  const values: Value[] = [
    null,
    "",
    "null",
    "1",
    1n,
    1,
    1.5,
    "1.5",
    Buffer.from("1"),
    "MQ==",
    '{"b":"MQ=="}',
    '","',
    -0,
    0,
    0n,
  ];
  const hashes = values.map((value) => contentHash(withTag({ rows: [[value, 1n]] })));
  assert.equal(new Set(hashes).size, values.length);
});

test("the hash is the same for ever: it decides across versions whether anything changed", () => {
  assert.equal(contentHash(base), "58c3f1cd9e07b034810695455f19651c06f3a9d81a5233fa48492eb2790d2614");
});

test("a fingerprint is small plain JSON that shows no value", () => {
  const text = JSON.stringify(fingerprint(withTag({ rows: [["secret", 1n]] })));
  assert.match(text, /^\{"tag":\{"1":"[0-9a-f]{8}"\},"file":\{"a":"[0-9a-f]{8}"\}\}$/);
});
