import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { ensureBuilt } from "../support/install/build.ts";
import { judge } from "./case.ts";
import { CASES } from "./cases/index.ts";

/** The negative control shows that a case can be missed; `npm run conformance` has the other inits beside it. */
const HERE = ["ours", "node"] as const;

const isRoot = process.platform === "linux" && process.getuid?.() === 0;
describe("conformance", { skip: isRoot ? false : "needs root, for PID namespaces", concurrency: 3 }, () => {
  before(ensureBuilt);
  for (const each of CASES) {
    it(each.name, { timeout: 10 * 60_000 }, async () => {
      const seen: Record<string, string> = {};
      for (const column of HERE.filter((name) => each.columns.includes(name))) {
        const verdict = await judge(each, column);
        seen[column] = verdict.kept ? "kept" : verdict.why;
      }
      assert.equal(seen.ours, "kept");
      if (each.controlFails) assert.notEqual(seen.node, "kept", "the negative control keeps it");
    });
  }
});
