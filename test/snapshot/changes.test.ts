import assert from "node:assert/strict";
import { test } from "node:test";
import { catalog } from "../../src/database/catalog.ts";
import { countChanges, describeChanges } from "../../src/snapshot/index.ts";

test("added, removed and changed rows are counted per table", () => {
  const before = { monitor: { "1": "a", "2": "b", "3": "c" }, tag: { "1": "a" }, file: {} };
  const after = {
    monitor: { "2": "b", "3": "x", "4": "d", "5": "e" },
    tag: { "1": "a" },
    file: { "logo1.png": "a" },
  };
  assert.deepEqual(countChanges(before, after), {
    monitor: { added: 2, removed: 1, changed: 1 },
    file: { added: 1, removed: 0, changed: 0 },
  });
});

test("a table on one side only is all added or all removed", () => {
  assert.deepEqual(countChanges({}, { tag: { "1": "a" } }), { tag: { added: 1, removed: 0, changed: 0 } });
  assert.deepEqual(countChanges({ tag: { "1": "a" } }, {}), { tag: { added: 0, removed: 1, changed: 0 } });
  assert.deepEqual(countChanges({ constructor: {} }, {}), {});
});

test("changes are told in words, monitors first", () => {
  assert.equal(describeChanges({}), "no changes");
  assert.equal(
    describeChanges({
      proxy: { added: 2, removed: 0, changed: 0 },
      notification: { added: 0, removed: 0, changed: 1 },
      monitor: { added: 2, removed: 1, changed: 0 },
      monitor_tag: { added: 1, removed: 0, changed: 0 },
    }),
    "2 monitors added, 1 monitor removed, 1 notification changed, 1 tag assignment added, 2 proxies added",
  );
});

test("every replicated table has a name for people, an unknown one keeps its own", () => {
  for (const { name } of catalog) {
    assert.doesNotMatch(describeChanges({ [name]: { added: 2, removed: 0, changed: 0 } }), /_| rows/);
  }
  assert.equal(describeChanges({ widget: { added: 0, removed: 1, changed: 0 } }), "1 widget row removed");
});
