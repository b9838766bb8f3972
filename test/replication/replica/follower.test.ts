import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { DatabaseWorker } from "../../../src/database/index.ts";
import type { ReplicatorEvent } from "../../../src/events/index.ts";
import { createFollower } from "../../../src/replication/replica/follower.ts";
import { openStateFile } from "../../../src/replication/state/state-file.ts";
import type { SnapshotInfo } from "../../../src/repository/index.ts";
import { success } from "../../../src/result.ts";

const never = new AbortController().signal;
const latest: SnapshotInfo = {
  ...{ id: "a".repeat(64), time: 1, contentHash: "c", generation: 3, isGuessed: false },
  ...{ instanceId: "primary", instanceName: "fra", parent: undefined },
};

const USUAL = { reapply: false, acceptLoss: false };

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "follower-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A follower that has applied the latest snapshot, in a real state folder. */
function rig(instanceName = "nyc") {
  const events: ReplicatorEvent[] = [];
  const { file: stateFile } = openStateFile(dir);
  const { id: snapshotId, contentHash } = latest;
  const database: Pick<DatabaseWorker, "lastApply" | "load" | "meet"> = {
    lastApply: async () =>
      success({
        ...{ snapshotId, contentHash, appliedAt: 1, changedAt: 1 },
        ...{ verified: true, canUndo: true, hasStaleHistory: false },
      }),
    load: () => assert.fail("nothing is loaded"),
    meet: () => assert.fail("nothing is compared"),
  };
  const follower = createFollower({
    ...{ database, stateFile, createRepository: false, adopt: "ask", instanceName },
    repository: {
      listAll: async () => success({ snapshots: [latest], bash: [] }),
      download: () => assert.fail("nothing is downloaded"),
      downloadBash: () => assert.fail("nothing is downloaded"),
    },
    reportBash: () => undefined,
    applier: {
      apply: () => assert.fail("nothing is applied"),
      applyBeside: () => assert.fail("nothing is applied"),
    },
    keepsLocal: false,
    emit: (event) => void events.push(event),
  });
  return { follower, events };
}

describe("follower", () => {
  it("reports that it cannot remember what it has reached, in each cycle", async () => {
    const { follower } = rig();
    rmSync(dir, { recursive: true });
    writeFileSync(dir, "now a file");
    for (const reapply of [false, true, false]) {
      const done = await follower.follow({ reapply, acceptLoss: false }, never);
      assert.equal(done.ok ? "ok" : done.problem.code, "state-not-writable");
    }
  });

  it("keeps nothing of its own where REPLICATOR_LOCAL is off", async () => {
    const { follower } = rig();
    const done = await follower.adopt(latest, "keep", never);
    assert.equal(done.ok ? "ok" : done.problem.code, "keeps-nothing");
  });

  it("warns once that the latest snapshot is by its own name: it was the primary and forgot", async () => {
    const { follower, events } = rig(latest.instanceName);
    for (const _cycle of [1, 2]) assert.ok((await follower.follow(USUAL, never)).ok);
    const warnings = events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /of this one's name \("fra"\).*lost its state folder.*promote/);
    const other = rig();
    assert.ok((await other.follower.follow(USUAL, never)).ok);
    assert.deepEqual(
      other.events.filter(({ type }) => type === "warning"),
      [],
    );
  });
});
