import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import {
  findReached,
  isBehind,
  refuseToGoBack,
  rememberReached,
} from "../../../src/replication/chain/reached.ts";
import { openStateFile } from "../../../src/replication/state/state-file.ts";
import type { SnapshotInfo } from "../../../src/repository/index.ts";

const idOf = (digit: string) => digit.repeat(64);

function snapshot(digit: string, generation: number, more: Partial<SnapshotInfo> = {}): SnapshotInfo {
  return {
    id: idOf(digit),
    time: generation * 1_000,
    contentHash: "c",
    instanceId: "i",
    instanceName: "n",
    parent: undefined,
    generation,
    isGuessed: false,
    ...more,
  };
}

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "reached-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe("how far an instance has come", () => {
  it("is remembered across restarts", () => {
    assert.ok(rememberReached(openStateFile(dir).file, snapshot("a", 5)).ok);
    assert.deepEqual(openStateFile(dir).file.state.reached, {
      snapshotId: idOf("a"),
      generation: 5,
      time: 5_000,
    });
  });

  it("is found out from the repository where an older release has left no word of it", () => {
    const { state } = openStateFile(dir).file;
    const all = [snapshot("a", 1), snapshot("b", 2), snapshot("c", 3)];
    assert.equal(findReached(state, all, ["a".repeat(8), "b".repeat(8)])?.generation, 2);
    assert.equal(findReached(state, all, []), undefined);
  });
});

describe("isBehind", () => {
  const reached = { snapshotId: idOf("f"), generation: 6, time: 6_000 };

  it("is what has a lower generation, whatever its time", () => {
    assert.equal(isBehind(snapshot("a", 5, { time: 9_000 }), [], reached), true);
    assert.equal(isBehind(snapshot("a", 7, { time: 1_000 }), [], reached), false);
    assert.equal(isBehind(snapshot("a", 6), [], reached), false);
    assert.equal(isBehind(snapshot("a", 5), [], undefined), false);
  });

  it("is none of the children of where it stands, whatever they are numbered", () => {
    const child = snapshot("b", 3, { parent: idOf("f").slice(0, 8) });
    const grandchild = snapshot("c", 4, { parent: idOf("b") });
    assert.equal(isBehind(grandchild, [child, grandchild], reached), false);
  });

  it("goes by time where a generation was made out by time", () => {
    const guessed = (time: number) => snapshot("a", 2, { isGuessed: true, time });
    assert.equal(isBehind(guessed(7_000), [], reached), false);
    assert.equal(isBehind(guessed(5_000), [], reached), true);
    assert.equal(
      isBehind(snapshot("a", 2, { time: 7_000 }), [], { snapshotId: idOf("f"), time: 6_000 }),
      false,
    );
  });

  it("ends for parents that go round in a circle", () => {
    const a = snapshot("a", 7, { parent: idOf("b") });
    const b = snapshot("b", 7, { parent: idOf("a") });
    assert.equal(isBehind(a, [a, b], reached), false);
  });

  it("is told with both snapshots, and with the way to accept it", () => {
    const told = refuseToGoBack(snapshot("a", 5), reached);
    assert.ok(!told.ok);
    assert.match(told.problem.message, /aaaaaaaa \(number 5 of the chain\).*ffffffff \(number 6/);
    assert.match(told.problem.advice, /sync --retry/);
  });
});
