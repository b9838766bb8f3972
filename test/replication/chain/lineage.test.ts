import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { chooseLatest } from "../../../src/replication/chain/latest.ts";
import { decide, isSameSnapshot, type PrimaryView } from "../../../src/replication/chain/lineage.ts";
import type { SnapshotInfo } from "../../../src/repository/index.ts";

const latest: SnapshotInfo = {
  id: "a1b2c3d4".padEnd(64, "0"),
  time: Date.UTC(2026, 0, 2),
  contentHash: "theirs",
  instanceId: "other",
  instanceName: "kuma-fra",
  parent: undefined,
  generation: 7,
  isGuessed: false,
};

const view: PrimaryView = {
  contentHash: "mine",
  instanceId: "self",
  instanceName: "kuma-nyc",
  isEmpty: false,
  isUntouched: false,
  known: [],
  reached: undefined,
  isRoleLost: false,
  claim: "none",
  bash: undefined,
};

const empty = { isEmpty: true, isUntouched: true };
const onto = { do: "publish", parent: latest.id, generation: 8 };
const record = { do: "record", latest, next: { parent: latest.id, generation: 8 } };
const restore = { do: "restore", latest };

describe("decide", () => {
  it("publishes the first snapshot of a repository without a parent", () => {
    assert.deepEqual(decide(view, undefined), { do: "publish", parent: undefined, generation: 1 });
  });

  it("publishes no emptiness into an empty repository", () => {
    assert.deepEqual(decide({ ...view, ...empty }, undefined), { do: "nothing" });
  });

  it("publishes onto a snapshot that it published or applied", () => {
    assert.deepEqual(decide({ ...view, known: [latest.id], reached: 7 }, latest), onto);
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

  it("publishes onto somebody else's when asked to take over, and further than the other could at the same time", () => {
    assert.deepEqual(decide({ ...view, claim: "takeover" as const }, latest), { ...onto, generation: 9 });
  });

  it("records a latest snapshot that holds the same content, when it remembers nothing or knows it", () => {
    const same = { ...view, contentHash: "theirs" };
    for (const known of [[], [latest.id]]) assert.deepEqual(decide({ ...same, known }, latest), record);
    assert.deepEqual(decide({ ...same, known: ["ffffffff"], claim: "takeover" as const }, latest), record);
  });

  it("refuses the same content by somebody else when it remembers another: the role has moved", () => {
    assert.equal(decide({ ...view, contentHash: "theirs", known: ["ffffffff"] }, latest).do, "refuse");
  });
});

describe("decide, for a Kuma in which nothing is configured", () => {
  it("restores instead of publishing emptiness when the volume is new or lost, also under a takeover", () => {
    for (const asked of [{}, { claim: "takeover" as const }, { claim: "promotion" as const }]) {
      assert.deepEqual(decide({ ...view, ...empty, ...asked }, latest), restore);
      assert.deepEqual(decide({ ...view, isEmpty: true, ...asked }, latest), restore);
    }
  });

  it("restores nothing over a person's own first steps, without a monitor yet", () => {
    assert.deepEqual(decide({ ...view, known: [latest.id] }, latest), onto);
    assert.equal(decide(view, latest).do, "refuse");
  });

  it("publishes that all was removed on purpose, but not that the database is another one", () => {
    assert.deepEqual(decide({ ...view, isEmpty: true, known: [latest.id] }, latest), onto);
    assert.deepEqual(decide({ ...view, ...empty, known: [latest.id] }, latest), restore);
  });
});

describe("decide, on a snapshot of its own that it does not remember", () => {
  const own = { ...latest, instanceId: view.instanceId, instanceName: view.instanceName };
  const further = { ...view, known: ["ffffffff"], reached: 12 };

  it("publishes onto it when those after it are gone, further than it ever was: replicas had those", () => {
    assert.deepEqual(decide(further, own), { ...onto, generation: 13 });
    assert.deepEqual(decide({ ...further, reached: undefined }, own), onto);
  });

  it("does so with the same content, too", () => {
    assert.deepEqual(decide({ ...further, contentHash: own.contentHash }, own), { ...onto, generation: 13 });
  });

  it("publishes onto one whose place an older release did not tell", () => {
    const guessed = { ...own, generation: 40, isGuessed: true };
    assert.deepEqual(decide(further, guessed), { ...onto, generation: 41 });
  });

  it("refuses one that goes further than it remembers: a copy of it publishes; and never names itself as another", () => {
    const decision = decide({ ...further, reached: 6 }, own);
    assert.equal(decision.do, "refuse");
    assert.match(decision.problem.message, /bears this instance's id.*put back from a copy, or was copied/);
    assert.doesNotMatch(decision.problem.message, /by "kuma-nyc"/);
  });

  it("says of one of its name, but not its id, that its memory is lost or the name is used twice", () => {
    const decision = decide(further, { ...own, instanceId: "before" });
    assert.equal(decision.do, "refuse");
    assert.match(decision.problem.message, /lost its state folder, or two instances bear one name/);
  });
});

describe("decide, for an instance that was just promoted", () => {
  const claiming = { ...view, claim: "promotion" as const };

  it("publishes onto anybody's snapshot, also the same content: the chain shall show who is primary now", () => {
    assert.deepEqual(decide(claiming, latest), { ...onto, generation: 9 });
    assert.deepEqual(decide({ ...claiming, contentHash: "theirs" }, latest), { ...onto, generation: 9 });
  });

  it("comes after what the former primary publishes at the same time, whatever its clock", () => {
    const claimed = decide(claiming, latest);
    const racing = decide({ ...view, known: [latest.id] }, latest);
    assert.ok(claimed.do === "publish" && racing.do === "publish");
    const ours = { ...latest, id: "c".repeat(64), ...claimed };
    const theirs = { ...latest, id: "d".repeat(64), ...racing, time: latest.time + 60_000 };
    assert.equal(chooseLatest([latest, ours, theirs])?.id, ours.id);
  });
});

describe("decide, for an instance that has lost its state and was perhaps demoted before", () => {
  const lost = { ...view, isRoleLost: true, known: [latest.id] };

  it("refuses to publish onto another's snapshot, though it has applied that, and says how to settle it", () => {
    for (const contentHash of ["mine", latest.contentHash]) {
      const decision = decide({ ...lost, contentHash }, latest);
      assert.equal(decision.do, "refuse");
      assert.equal(decision.problem.code, "role-lost");
      assert.match(decision.problem.message, /lost its state folder.*is by "kuma-fra"/);
      assert.match(decision.problem.advice, /demote.*promote/);
    }
  });

  it("goes on when a person has asked for it, or the snapshot is by its own name", () => {
    for (const claim of ["takeover", "promotion"] as const)
      assert.equal(decide({ ...lost, claim }, latest).do, "publish");
    assert.equal(decide(lost, { ...latest, instanceName: view.instanceName }).do, "publish");
  });
});

describe("chooseLatest", () => {
  const snapshot = (id: string, generation: number, time = 0) => ({ ...latest, id, generation, time });

  it("takes the last of the chain, whatever the times, and the later of two of one generation", () => {
    assert.equal(chooseLatest([snapshot("a", 1, 9), snapshot("c", 3, 1), snapshot("b", 2, 5)])?.id, "c");
    assert.equal(chooseLatest([snapshot("a", 1), snapshot("b", 2, 1), snapshot("c", 2, 2)])?.id, "c");
    assert.equal(chooseLatest([]), undefined);
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
