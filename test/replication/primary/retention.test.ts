import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { ReplicatorEvent } from "../../../src/events/index.ts";
import { createRetention } from "../../../src/replication/primary/retention.ts";
import { openStateFile } from "../../../src/replication/state/state-file.ts";
import type { Repository, SnapshotInfo } from "../../../src/repository/index.ts";
import { failure, success } from "../../../src/result.ts";

const never = new AbortController().signal;
const problem = { code: "repository-locked", message: "Locked.", advice: "Wait." } as const;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "retention-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** In the order in which they are given, the latest last. */
function chain(...times: [id: string, time: number][]): SnapshotInfo[] {
  return times.map(([id, time], index) => ({
    ...{ id, time, contentHash: id, instanceId: "i", instanceName: "n", parent: times[index - 1]?.[0] },
    ...{ generation: index + 1, isGuessed: false },
  }));
}

/** A retention on a repository that notes what it is asked to forget. */
function rig(
  forget: Repository["forget"],
  { keep = ["--keep-last=1"], snapshots = chain(["a", 1], ["b", 2]) } = {},
) {
  const events: ReplicatorEvent[] = [];
  const { file } = openStateFile(dir);
  const parts = {
    keep,
    repository: { list: async () => success(snapshots), forget },
    stateFile: file,
    emit: (event: ReplicatorEvent) => void events.push(event),
  };
  return { retention: createRetention(parts), events, file };
}

describe("retention", () => {
  it("is done once a day, across restarts, and reported when something was forgotten", async () => {
    const policies: (readonly string[])[] = [];
    const forget: Repository["forget"] = async ({ policy }) => {
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
    assert.deepEqual(first.events, [{ type: "snapshots-forgotten", forgotten: 1 }]);

    first.file.update({ thinnedAt: Date.now() - 25 * 60 * 60_000 });
    first.retention.begin(never);
    await sleep(20);
    assert.equal(policies.length, 2);
  });

  it("waits for two days at most where the clock was set, ahead or back", async () => {
    const hour = 60 * 60_000;
    for (const [ago, isDue] of [
      [23, false],
      [25, true],
      [-23, false],
      [-25, true],
    ] as const) {
      let tries = 0;
      const { retention, file } = rig(async () => {
        tries += 1;
        return success({ forgotten: 0 });
      });
      file.update({ thinnedAt: Date.now() - ago * hour });
      retention.begin(never);
      await sleep(20);
      await retention.end();
      assert.equal(tries, isDue ? 1 : 0, `forgotten ${ago} h ago`);
    }
  });

  it("reports a failure, and does not try again at once", async () => {
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

  it("reports once that the repository is append-only, and does not try again the next day", async () => {
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

  it("goes on while a clock was wrong, and keeps the last of the chain, though they look old", async () => {
    const snapshots = chain(["before", 8], ["ahead", 9], ["after", 1], ["latest", 2]);
    const asked: (readonly string[])[] = [];
    for (const keep of [["--keep-last=2"], ["--keep-daily=30"]]) {
      const { retention, file } = rig(
        async ({ candidates }) => {
          asked.push(candidates);
          return success({ forgotten: 0 });
        },
        { keep, snapshots },
      );
      file.update({ thinnedAt: undefined });
      retention.begin(never);
      await retention.end();
    }
    assert.deepEqual(asked, [
      ["before", "ahead"],
      ["before", "ahead", "after"],
    ]);
  });
});
