import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { ensureBuilt } from "../support/install/build.ts";
import { onPath } from "../support/install/on-path.ts";
import { judge } from "./case.ts";
import { CASES } from "./cases/index.ts";
import { COLUMNS } from "./columns.ts";

const isRoot = process.platform === "linux" && process.getuid?.() === 0;
const here = COLUMNS.filter(
  (column) => column === "ours" || column === "node" || onPath(column) !== undefined,
);

describe("conformance", { skip: isRoot ? false : "needs root, for PID namespaces", concurrency: 3 }, () => {
  before(ensureBuilt);
  for (const each of CASES) {
    it(each.name, { timeout: 10 * 60_000 }, async () => {
      const seen: Record<string, string> = {};
      for (const column of here.filter((name) => each.columns.includes(name))) {
        const verdict = await judge(each, column);
        seen[column] = verdict.kept ? "kept" : verdict.why;
      }
      assert.equal(seen.ours, "kept");
      // The control shows that the case can be missed, tini and dumb-init that what it asks can be had.
      if (each.controlFails) {
        assert.notEqual(seen.node, "kept", "the negative control keeps it");
        for (const init of ["tini", "dumb-init"]) assert.equal(seen[init] ?? "kept", "kept", init);
      }
    });
  }
});
