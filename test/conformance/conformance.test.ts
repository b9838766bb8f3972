import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { ensureBuilt } from "../support/install/build.ts";
import { judge } from "./case.ts";
import { CASES } from "./cases/index.ts";

const isRoot = process.platform === "linux" && process.getuid?.() === 0;
describe("conformance", { skip: isRoot ? false : "needs root, for PID namespaces", concurrency: 3 }, () => {
  before(ensureBuilt);
  for (const each of CASES) {
    it(each.name, { timeout: 10 * 60_000 }, async () => {
      assert.deepEqual(await judge(each, "ours"), { kept: true });
    });
  }

  // `npm run conformance` has it beside each case, and the other inits.
  it("sees that bare Node does not keep what it promises", async () => {
    const each = CASES.find(({ controlFails }) => controlFails);
    assert.ok(each);
    assert.equal((await judge(each, "node")).kept, false);
  });
});
