import assert from "node:assert/strict";
import { test } from "node:test";
import { accountTables, catalog as tables } from "../../src/database/catalog.ts";
import { REFERENCES } from "../../src/diff/columns.ts";
import { namesIn } from "../../src/diff/index.ts";

const catalog = [...accountTables, ...tables];

const names = namesIn({
  tables: catalog.map(({ name }) => ({
    name,
    columns: ["host", "id", "name", "title", "username"],
    rows: [["known", 1n, "known", "known", "known"]],
  })),
  files: [],
});

test("every replicated table has rows that people know by a name", () => {
  for (const { name, references = [] } of catalog) {
    const parents = Object.fromEntries(references.map(({ column }) => [column, 1n]));
    const described = names.describe(name, { id: 1n, ...parents });
    assert.match(described, /"known"/, `src/diff/names.ts lacks ${name}: ${described}`);
  }
});

test("every column that names a row of its own accord is shown by that row's name", () => {
  const optional = catalog.flatMap(({ references = [] }) =>
    references.filter(({ dangling }) => dangling === "becomes NULL"),
  );
  assert.ok(optional.length > 0);
  for (const { column, parent } of optional)
    assert.equal(REFERENCES[column], parent, `REFERENCES in src/diff/columns.ts lacks ${column}`);
});
