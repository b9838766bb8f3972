import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { putInOrder, type TaggedSnapshot } from "../../src/repository/generations.ts";

const NOW = 1_000_000_000;
const HOUR = 60 * 60_000;

const idOf = (name: string) => Buffer.from(name).toString("hex").padEnd(64, "0");

/** @param time hours from now @param generation undefined: by an older release */
function snapshot(name: string, time: number, parent?: string, generation?: number): TaggedSnapshot {
  return {
    id: idOf(name),
    time: NOW + time * HOUR,
    contentHash: "c",
    instanceId: "i",
    instanceName: "n",
    parent: parent && idOf(parent),
    generation,
  };
}

/** Names with their generation, in order; a question mark where it is a guess. */
function order(...snapshots: TaggedSnapshot[]): string {
  return putInOrder(snapshots, NOW)
    .map(({ id, generation, isGuessed }) => {
      const name = Buffer.from(id, "hex").toString().replaceAll("\0", "");
      return `${name}${generation}${isGuessed ? "?" : ""}`;
    })
    .join(" ");
}

describe("putInOrder", () => {
  it("counts from parent to child where an older release gave no generation", () => {
    assert.equal(order(snapshot("c", -1, "b"), snapshot("a", -3), snapshot("b", -2, "a")), "a1 b2 c3");
  });

  it("is not misled by a clock that was set back: a child comes after its parent", () => {
    assert.equal(order(snapshot("b", -5, "a"), snapshot("a", -1), snapshot("c", -4, "b")), "a1 b2 c3");
  });

  it("knows a parent by the short id that restic 0.14 tells", () => {
    const child = { ...snapshot("bbbbbbbb", -1), parent: idOf("aaaaaaaa").slice(0, 8) };
    assert.equal(order(child, snapshot("aaaaaaaa", -2)), "aaaaaaaa1 bbbbbbbb2");
  });

  it("lets the tag count, whatever the times: one whose child was forgotten is no end of the chain", () => {
    const kept = snapshot("k", -1, "gone", 4);
    assert.equal(order(kept, snapshot("a", -9, "gone", 8), snapshot("b", -8, "a", 9)), "k4 a8 b9");
  });

  it("lets an older release publish onto a new one: the parent's and one more", () => {
    assert.equal(
      order(snapshot("t", -2, "gone", 7), snapshot("u", -3, "t"), snapshot("v", -1, "u")),
      "t7 u8 v9",
    );
  });

  it("puts what an older release published after what is older, once its parent is forgotten", () => {
    assert.equal(
      order(snapshot("t", -9, "gone", 7), snapshot("u", -3, "gone"), snapshot("v", -1, "u")),
      "t7 u8? v9?",
    );
    assert.equal(
      order(snapshot("a", -9, "gone"), snapshot("b", -8, "a"), snapshot("c", -1, "gone")),
      "a1? b2? c3?",
    );
  });

  it("does not let one of an older release with a time ahead of us pass those with a generation", () => {
    assert.equal(
      order(snapshot("a", -9), snapshot("k", 24, "gone"), snapshot("l", -1, "gone", 12)),
      "a1 k2? l12",
    );
  });

  it("takes the later one where two follow the same", () => {
    assert.equal(
      order(snapshot("c", -1, "a", 2), snapshot("a", -3, undefined, 1), snapshot("b", -2, "a", 2)),
      "a1 b2 c2",
    );
  });

  it("ends, keeps all, and puts each child of an untagged chain after its parent, whatever the tags", () => {
    const name = fc.constantFrom(..."abcdefgh");
    const one = fc.record({
      name,
      time: fc.integer({ min: -9, max: 9 }),
      parent: fc.option(name, { nil: undefined }),
      generation: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.uniqueArray(one, { selector: (each) => each.name }), (all) => {
        const placed = putInOrder(
          all.map(({ name, time, parent, generation }) => snapshot(name, time, parent, generation)),
          NOW,
        );
        assert.equal(placed.length, all.length);
        for (const each of placed) assert.ok(each.generation >= 1);
      }),
    );
  });
});
