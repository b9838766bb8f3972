import assert from "node:assert/strict";
import { success } from "../../src/result.ts";
import type { SnapshotSource } from "../../src/web/index.ts";

/** An empty repository. */
export const noSnapshots: SnapshotSource = {
  list: async () => success([]),
  compare: async () => assert.fail("nobody asked"),
};
