import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { ReplicatorEvent } from "../../src/events/index.ts";
import type { Context } from "../../src/replication/context.ts";
import { createRetention } from "../../src/replication/retention.ts";
import { openStateFile } from "../../src/replication/state.ts";
import type { Repository, SnapshotInfo } from "../../src/repository/index.ts";
import { failure, success } from "../../src/result.ts";

const never = new AbortController().signal;
const problem = { code: "repository-locked", message: "Locked.", advice: "Wait." } as const;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "retention-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

function snapshot(id: string, time: number, parent?: string): SnapshotInfo {
  return { id, time, contentHash: id, instanceId: "i", instanceName: "n", parent };
}

/** A retention on a repository that notes what it is asked to forget. */
function rig(forget: Repository["forget"], snapshots = [snapshot("a", 1), snapshot("b", 2, "a")]) {
  const events: ReplicatorEvent[] = [];
  const { file } = openStateFile(dir);
  const context = {
    config: { keep: ["--keep-last=1"] },
    repository: { list: async () => success(snapshots), forget },
    stateFile: file,
    emit: (event: ReplicatorEvent) => events.push(event),
  } as unknown as Context;
  return { retention: createRetention(context), events, file };
}

describe("retention", { timeout: 10_000 }, () => {
  it("is done once a day, across restarts, and told when something was forgotten", async () => {
    const policies: (readonly string[])[] = [];
    const forget: Repository["forget"] = async (policy) => {
      policies.push(policy);
      return success({ forgotten: 1 });
    };
    const first = rig(forget);
    first.retention.begin(never);
    first.retention.begin(never);
    await sleep(20);
    rig(forget).retention.begin(never);
    await sleep(20);
    assert.deepEqual(policies, [["--keep-last=1"]]);
    assert.deepEqual(first.events, [{ type: "thinned-out", forgotten: 1 }]);

    first.file.update({ thinnedAt: Date.now() - 25 * 60 * 60_000 });
    first.retention.begin(never);
    await sleep(20);
    assert.equal(policies.length, 2);
  });

  it("tells of a failure, and does not try again at once", async () => {
    let tries = 0;
    const { retention, events } = rig(async () => {
      tries += 1;
      return failure(problem);
    });
    retention.begin(never);
    await sleep(20);
    retention.begin(never);
    await sleep(20);
    assert.equal(tries, 1);
    assert.deepEqual(events, [{ type: "retention-failed", problem }]);
  });

  it("tells once that the repository is append-only, and does not try again the next day", async () => {
    const appendOnly = { ...problem, code: "repository-append-only" } as const;
    let tries = 0;
    const { retention, events, file } = rig(async () => {
      tries += 1;
      return failure(appendOnly);
    });
    for (const _day of [1, 2]) {
      retention.begin(never);
      await sleep(20);
      file.update({ thinnedAt: Date.now() - 25 * 60 * 60_000 });
    }
    assert.equal(tries, 1);
    assert.deepEqual(events, [{ type: "retention-failed", problem: appendOnly }]);
  });

  it("is ended by the next publish without a word", async () => {
    const { retention, events } = rig(async (_policy, signal) => {
      await sleep(60_000, undefined, { signal }).catch(() => undefined);
      return failure({ ...problem, code: "interrupted" });
    });
    retention.begin(never);
    await sleep(20);
    await retention.end();
    assert.deepEqual(events, []);
  });

  it("forgets nothing while a clock that was set back makes the latest look old", async () => {
    const { retention } = rig(
      () => assert.fail("must not be asked"),
      [snapshot("latest", 1, "before"), snapshot("before", 2)],
    );
    retention.begin(never);
    await retention.end();
  });
});
