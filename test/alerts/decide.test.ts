import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { decide, type PeerView, type Situation, whoPrecedes, widthOf } from "../../src/alerts/decide.ts";

const MIN = 60_000;
const W = widthOf(0);

type Says = PeerView["says"];
const down = (length: number): Says => ({ state: "down", for: length, checked: 1_000 });
const up = (checked: number): Says => ({ state: "up", for: 60 * MIN, checked });
const none: Says = { state: "none", for: 0, checked: 0 };
const notYet: Says = { state: "not yet", for: 0, checked: 0 };
const downBefore = (length: number): Says => ({ state: "down before", for: length, checked: 0 });
const silent: Says = { state: "silent" };

function peer(says: Says, more: Partial<PeerView> = {}): PeerView {
  return { id: "b", name: "kuma-b", heard: 1_000, hasAnswered: true, says, claim: undefined, ...more };
}

function situation(more: Partial<Situation>): Situation {
  return {
    ...{
      rules: { alert: "quorum", agree: 2, wait: 2 * MIN, alone: 10 * MIN },
      kind: "down",
      isMissing: true,
    },
    ...{ own: { id: "a", claim: 1 }, obstacle: undefined, isLate: false, isAcquainted: true },
    ...{ outage: 30_000, wanted: 0, width: W, peers: [] },
    ...more,
  };
}

/** The verdict, "alone", or why it is held. */
function verdict(more: Partial<Situation>): string {
  const decision = decide(situation(more));
  if (decision.verdict === "hold") return decision.hold.why;
  return decision.verdict === "send" && decision.isAlone ? "alone" : decision.verdict;
}

describe("a message that a monitor is down", () => {
  const rules = (alert: "once" | "quorum", agree: number | "majority" = 2) =>
    ({ alert, agree, wait: 2 * MIN, alone: 10 * MIN }) as const;
  const cases: [string, Partial<Situation>, string][] = [
    ["is dropped once all have been told", { isMissing: false }, "drop"],
    ["goes with once, whatever others say", { rules: rules("once"), peers: [peer(up(1_000))] }, "send"],
    ["goes when enough agree", { peers: [peer(down(20_000)), peer(up(1_000))] }, "send"],
    ["waits while another has not looked since", { peers: [peer(up(40_000)), peer(up(1_000))] }, "unheard"],
    ["waits while another is silent", { peers: [peer(silent, { heard: MIN }), peer(up(1_000))] }, "unheard"],
    [
      "does not wait any more for one that is silent for longer",
      { peers: [peer(silent, { heard: 2 * MIN }), peer(up(1_000))] },
      "only here",
    ],
    [
      "waits while others have not looked since their start",
      { peers: [peer(notYet), peer(downBefore(MIN))] },
      "unheard",
    ],
    ["does not wait any more for those after a time", { wanted: 2 * MIN, peers: [peer(notYet)] }, "send"],
    ["waits after a start while others may still be heard", { isAcquainted: false }, "unheard"],
    ["does not wait for those with once", { isAcquainted: false, rules: rules("once") }, "send"],
    ["is held when others say that it is up", { peers: [peer(up(1_000)), peer(up(2_000))] }, "only here"],
    [
      "is held after the wait when one says no and one nothing",
      { wanted: 2 * MIN, outage: 3 * MIN, peers: [peer(up(1_000)), peer(up(4 * MIN))] },
      "only here",
    ],
    ["goes after the wait when nobody says no", { wanted: 2 * MIN, peers: [peer(up(4 * MIN))] }, "send"],
    ["goes when nobody can say", { peers: [peer(none), peer(silent, { heard: 5 * MIN })] }, "send"],
    ["goes when there is nobody", {}, "send"],
    ["is claimed first", { own: { id: "a", claim: undefined } }, "claim"],
    ["is held while Kuma is not ready", { obstacle: { why: "kuma" } }, "kuma"],
    ["waits for its turn", { peers: [peer(down(1_000), { claim: { number: 1, isSending: true } })] }, "turn"],
    [
      "does not count one as agreeing that was down for long before",
      { peers: [peer(down(60 * MIN)), peer(up(1_000))] },
      "only here",
    ],
    ["nor as contradicting", { peers: [peer(down(60 * MIN))] }, "send"],
    [
      "needs the majority of all that are known",
      {
        rules: rules("quorum", "majority"),
        peers: [down(1_000), up(1_000), up(1_000)].map((each) => peer(each)),
      },
      "only here",
    ],
    [
      "needs no more than can say something",
      { rules: rules("quorum", 5), peers: [peer(down(1_000)), peer(none), peer(none)] },
      "send",
    ],
    ["goes alone in the end", { wanted: 10 * MIN, outage: 11 * MIN, peers: [peer(up(1_000))] }, "alone"],
  ];
  for (const [what, more, expected] of cases) it(what, () => assert.equal(verdict(more), expected));
});

describe("a message that a monitor is up", () => {
  const kind = "up";
  it("waits for the last one that recovers, not for one that was down for long before", () => {
    assert.equal(verdict({ kind, peers: [peer(up(0)), peer(down(20_000))] }), "recovery");
    assert.equal(verdict({ kind, peers: [peer(down(W + 30_000))] }), "recovery");
    assert.equal(verdict({ kind, peers: [peer(down(W + 30_001)), peer(none), peer(silent)] }), "send");
    assert.equal(verdict({ kind, isMissing: false, peers: [peer(down(1))] }), "drop");
  });

  it("waits for one that was down before its start, until that has looked, or for a time", () => {
    const peers = [peer(downBefore(20_000))];
    assert.equal(verdict({ kind, peers }), "recovery");
    assert.equal(verdict({ kind, peers, wanted: 2 * MIN }), "send");
    assert.equal(verdict({ kind, peers: [peer(downBefore(W + 30_001)), peer(notYet)] }), "send");
  });
});

describe("a message that Kuma says anew", () => {
  const peers = [peer(down(1_000), { claim: { number: 0, isSending: false } })];
  it("is dropped when another is about to send it; a warning waits for that, but is sent in the end", () => {
    assert.equal(verdict({ kind: "again" }), "send");
    assert.equal(verdict({ kind: "again", peers }), "drop");
    assert.equal(verdict({ kind: "expiry", peers }), "wait");
    assert.equal(verdict({ kind: "expiry", peers, isLate: true }), "send");
    assert.equal(verdict({ kind: "expiry", peers, isMissing: false }), "drop");
  });
});

const claim = fc.record({ number: fc.nat(3), isSending: fc.constant(false) });

describe("the order of claims", () => {
  it("lets exactly one of all go who know of one another, whatever their numbers", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 6 }),
        fc.infiniteStream(claim),
        (ids, claims) => {
          const all = ids.map((id) => peer(none, { id, claim: claims.next().value }));
          const first = all.filter(({ id, claim: own }) => {
            const others = all.filter((each) => each.id !== id);
            return own !== undefined && whoPrecedes(others, { id, claim: own.number }) === undefined;
          });
          assert.equal(first.length, 1);
        },
      ),
    );
  });

  it("lets nobody before one that is sending, and forgets one that is not heard", () => {
    const sending = { claim: { number: 9, isSending: true } };
    const own = { id: "a", claim: 1 };
    assert.equal(whoPrecedes([peer(none, sending)], own)?.name, "kuma-b");
    assert.equal(whoPrecedes([peer(none, { ...sending, heard: 20_000 })], own)?.name, "kuma-b");
    assert.equal(whoPrecedes([peer(none, { ...sending, heard: 20_001 })], own), undefined);
  });
});

describe("deciding", () => {
  const says = fc.oneof(
    fc.constant(none),
    fc.constant(silent),
    fc.record({
      state: fc.constantFrom("down", "up", "not yet", "down before"),
      for: fc.nat(20 * MIN),
      checked: fc.nat(5 * MIN),
    }),
  );
  const peers = fc.array(
    fc.record({ says, heard: fc.nat(5 * MIN) }).map(({ says: each, heard }) => peer(each, { heard })),
    { maxLength: 6 },
  );
  const any = fc.record({ peers, outage: fc.nat(15 * MIN), wanted: fc.nat(9 * MIN) });

  it("does not depend on the order of the others", () => {
    fc.assert(
      fc.property(any, ({ peers: all, ...more }) => {
        assert.equal(verdict({ ...more, peers: all }), verdict({ ...more, peers: [...all].reverse() }));
      }),
    );
  });

  it("goes in the end, and never sooner for one more that says no", () => {
    fc.assert(
      fc.property(any, (more) => {
        assert.match(verdict({ ...more, wanted: 10 * MIN }), /^(send|alone)$/);
        if (verdict(more) !== "send")
          assert.notEqual(verdict({ ...more, peers: [...more.peers, peer(up(0))] }), "send");
      }),
    );
  });
});
