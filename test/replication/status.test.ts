import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { KumaDatabase } from "../../src/database/index.ts";
import { openRole } from "../../src/replication/state/role.ts";
import { openStateFile, type State } from "../../src/replication/state/state-file.ts";
import { replicationStatus } from "../../src/replication/status.ts";
import { success } from "../../src/result.ts";

const DAY = 86_400_000;
const PUBLISHED = "a".repeat(64);
const APPLIED = "b".repeat(64);

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "status-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** What the status names as head, by the times of the last publish and apply, and what was reached. */
async function headOf(
  publishedAt: number,
  appliedAt: number,
  reached: State["reached"],
): Promise<string | undefined> {
  const { file } = openStateFile(dir);
  file.update({
    published: { snapshotId: PUBLISHED, contentHash: "p", at: publishedAt, fingerprint: {} },
    reached,
  });
  const database: Pick<KumaDatabase, "lastApply"> = {
    lastApply: async () =>
      success({
        ...{ snapshotId: APPLIED, contentHash: "a", appliedAt, changedAt: appliedAt },
        ...{ verified: true, canUndo: true, hasStaleHistory: false },
      }),
  };
  const role = openRole("replica", file);
  return (await replicationStatus({ database, role, stateFile: file }, undefined)).head;
}

describe("head of a replication status", () => {
  it("is what comes last in the chain, when the clock was set back in between", async () => {
    const now = Date.now();
    const reached = (snapshotId: string) => ({ snapshotId, generation: 7, time: now });
    assert.equal(await headOf(now + DAY, now, reached(APPLIED)), APPLIED, "a demoted primary");
    assert.equal(await headOf(now, now + DAY, reached(PUBLISHED)), PUBLISHED, "a promoted replica");
  });

  it("is what restic 0.14 names by eight digits only", async () => {
    const reached = { snapshotId: APPLIED.slice(0, 8), generation: 7, time: 1 };
    assert.equal(await headOf(2, 1, reached), APPLIED);
  });

  it("is the later of the two by time, where what was reached is neither: it was undone", async () => {
    const reached = { snapshotId: "c".repeat(64), generation: 9, time: 1 };
    assert.equal(await headOf(1, 2, reached), APPLIED);
    assert.equal(await headOf(2, 1, undefined), PUBLISHED);
  });
});
