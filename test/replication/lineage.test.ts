import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { chooseLatest } from "../../src/replication/latest.ts";
import { decide, isSameSnapshot, type PrimaryView } from "../../src/replication/lineage.ts";
import type { SnapshotInfo } from "../../src/repository/index.ts";

const latest: SnapshotInfo = {
  id: "a1b2c3d4".padEnd(64, "0"),
  time: Date.UTC(2026, 0, 2),
  contentHash: "theirs",
  instanceId: "other",
  instanceName: "kuma-fra",
  parent: undefined,
};

const view: PrimaryView = {
  contentHash: "mine",
  neverHadMonitors: false,
  isEmpty: false,
  known: [],
  takeover: false,
  claim: false,
};

describe("decide", () => {
  it("publishes the first snapshot of a repository without a parent", () => {
    assert.deepEqual(decide(view, undefined), { do: "publish", parent: undefined });
  });

  it("publishes no emptiness into an empty repository", () => {
    assert.deepEqual(decide({ ...view, isEmpty: true }, undefined), { do: "nothing" });
  });

  it("publishes onto a snapshot that it published or applied", () => {
    assert.deepEqual(decide({ ...view, known: [latest.id] }, latest), { do: "publish", parent: latest.id });
  });

  it("knows its own snapshot by the short id that restic 0.14 tells", () => {
    assert.equal(decide({ ...view, known: ["a1b2c3d4"] }, latest).do, "publish");
  });

  it("refuses to publish onto somebody else's, naming who, since when and what to do", () => {
    const decision = decide({ ...view, known: ["ffffffff"] }, latest);
    assert.equal(decision.do, "refuse");
    assert.match(decision.problem.message, /a1b2c3d4.*"kuma-fra".*2026-01-02/);
    assert.match(decision.problem.advice, /REPLICATOR_MODE=RESTORE.*REPLICATOR_TAKEOVER=true/);
  });

  it("publishes onto somebody else's when asked to take over", () => {
    assert.deepEqual(decide({ ...view, takeover: true }, latest), { do: "publish", parent: latest.id });
  });

  it("adopts a latest snapshot that holds the same content, when it remembers nothing or knows it", () => {
    const same = { ...view, contentHash: "theirs" };
    for (const known of [[], [latest.id]]) {
      assert.deepEqual(decide({ ...same, known }, latest), { do: "adopt", latest });
    }
    assert.deepEqual(decide({ ...same, known: ["ffffffff"], takeover: true }, latest), {
      do: "adopt",
      latest,
    });
  });

  it("refuses the same content by somebody else when it remembers another: the role has moved", () => {
    assert.equal(decide({ ...view, contentHash: "theirs", known: ["ffffffff"] }, latest).do, "refuse");
  });

  it("restores instead of publishing emptiness when the volume is new or lost", () => {
    assert.deepEqual(decide({ ...view, neverHadMonitors: true, known: [latest.id] }, latest), {
      do: "restore",
      latest,
    });
  });

  it("restores even under a takeover: emptiness is never what was meant", () => {
    assert.equal(decide({ ...view, neverHadMonitors: true, takeover: true }, latest).do, "restore");
  });
});

describe("decide, for an instance that was just promoted", () => {
  const claiming = { ...view, claim: true };

  it("publishes onto anybody's snapshot, also the same content: the chain shall show who is primary now", () => {
    const onto = { do: "publish", parent: latest.id };
    assert.deepEqual(decide(claiming, latest), onto);
    assert.deepEqual(decide({ ...claiming, contentHash: "theirs" }, latest), onto);
  });

  it("publishes no emptiness all the same", () => {
    assert.equal(decide({ ...claiming, neverHadMonitors: true }, latest).do, "restore");
  });
});

describe("chooseLatest", () => {
  const snapshot = (id: string, parent?: string) => ({ ...latest, id, parent });

  it("takes the last by time of those that nobody followed", () => {
    assert.equal(chooseLatest([snapshot("a"), snapshot("b", "a"), snapshot("c", "b")])?.id, "c");
    assert.equal(chooseLatest([snapshot("a"), snapshot("b", "a"), snapshot("c", "a")])?.id, "c");
    assert.equal(chooseLatest([]), undefined);
  });

  it("is not misled by a clock that was set back: the child of the newest is newer", () => {
    assert.equal(
      chooseLatest([snapshot("child", "newest"), snapshot("old"), snapshot("newest", "old")])?.id,
      "child",
    );
  });
});

describe("isSameSnapshot", () => {
  it("compares by the shorter id, but never by less than eight digits", () => {
    assert.equal(isSameSnapshot(latest.id, "a1b2c3d4"), true);
    assert.equal(isSameSnapshot(latest.id, "a1b2c3d5"), false);
    assert.equal(isSameSnapshot(latest.id, "a1b2"), false);
    assert.equal(isSameSnapshot(latest.id, ""), false);
  });
});
