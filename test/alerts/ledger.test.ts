import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { alertFields, createLedger, type Told } from "../../src/alerts/ledger.ts";
import { parseRequest } from "../../src/peers/page.ts";
import { pageOf } from "../peers/pages.ts";

const told = fc.record({
  monitor: fc.constantFrom(1, 2),
  key: fc.constantFrom("k", "l"),
  notification: fc.constantFrom("n", "m"),
  state: fc.constantFrom("down" as const, "up" as const),
  number: fc.nat(4),
  by: fc.constantFrom("a", "b", "c"),
  at: fc.nat(1_000),
});

/** An instance gives a number once: of the same one and the same number all is the same but the time. */
const consistent = fc
  .array(told, { maxLength: 12 })
  .map((all) =>
    all.map((each) => ({ ...each, state: each.number % 2 === 0 ? ("down" as const) : ("up" as const) })),
  );

function ledgerOf(all: readonly Told[]) {
  const ledger = createLedger({ clock: 0, told: [] }, () => 0);
  for (const each of all) ledger.note(each);
  return ledger;
}

function sorted(all: readonly Told[]): string[] {
  return all.map((each) => JSON.stringify(each, Object.keys(each).sort())).sort();
}

describe("the ledger", () => {
  it("is the same in whatever order, however often and by whatever way it hears of messages", () => {
    fc.assert(
      fc.property(consistent, consistent, (some, others) => {
        const all = sorted(ledgerOf([...some, ...others]).list(1_000));
        assert.deepEqual(sorted(ledgerOf([...others, ...some]).list(1_000)), all, "another order");
        assert.deepEqual(sorted(ledgerOf([...some, ...others, ...some]).list(1_000)), all, "twice");
        const merged = ledgerOf(ledgerOf(some).list(1_000));
        for (const each of ledgerOf(others).list(1_000)) merged.note(each);
        assert.deepEqual(sorted(merged.list(1_000)), all, "each by itself first");
      }),
    );
  });

  it("gives numbers that are larger than all that it has heard of", () => {
    fc.assert(
      fc.property(consistent, fc.nat(9), (all, clock) => {
        const ledger = ledgerOf(all);
        ledger.hear({ id: "z", clock, claims: [], told: [] }, 0);
        const next = ledger.next();
        for (const { number } of all) assert.ok(next > number);
        assert.ok(next > clock);
        assert.ok(ledger.next() > next);
      }),
    );
  });

  it("takes as newer what was told later, also by one that was cut off from whoever had told more", () => {
    let now = 0;
    const [one, other] = ["one", "other"].map(() => createLedger({ clock: 0, told: [] }, () => now));
    assert.ok(one && other);
    const tell = (ledger: typeof one, by: string, state: "down" | "up") => {
      const number = ledger.next();
      ledger.note({ monitor: 1, key: "k", notification: "n", state, number, by, at: now });
    };
    for (const state of ["down", "up", "down", "up"] as const) tell(one, "one", state);
    now = 10_000;
    tell(other, "other", "down");
    // Each by itself, then what it has told.
    for (const [ledger, id, from] of [
      [one, "other", other],
      [other, "one", one],
    ] as const)
      ledger.hear({ id, clock: from.clock, claims: [], told: from.told(id, now) }, now);
    for (const ledger of [one, other]) assert.equal(ledger.find({ monitor: 1, key: "k" }, "n")?.by, "other");
  });

  it("says on its page what it has told itself, and another instance reads the same there", () => {
    fc.assert(
      fc.property(consistent, (all) => {
        const one = ledgerOf(all);
        const other = createLedger({ clock: 0, told: [] }, () => 0);
        for (const id of ["a", "b", "c"])
          other.hear({ id, clock: one.clock, claims: [], told: one.told(id, 1_000) }, 1_000);
        const withoutTime = (each: Told) => ({ ...each, at: 0 });
        assert.deepEqual(
          sorted(other.list(1_000).map(withoutTime)),
          sorted(one.list(1_000).map(withoutTime)),
        );
      }),
    );
  });

  it("forgets after a week", () => {
    const message = {
      monitor: 1,
      key: "k",
      notification: "n",
      state: "down",
      number: 1,
      by: "a",
      at: 0,
    } as const;
    const ledger = ledgerOf([message]);
    assert.equal(ledger.list(7 * 86_400_000).length, 1);
    assert.equal(ledger.list(7 * 86_400_000 + 1).length, 0);
    assert.equal(ledger.find(message, "n"), undefined);
  });
});

describe("a page", () => {
  const requestOf = (page: object) =>
    parseRequest(
      JSON.stringify({
        ...{ from: { id: "a", session: "s" }, to: "", number: 1, wait: 0, known: {} },
        pages: [page],
      }),
    )?.pages[0];

  it("of a release that knows nothing of claims is read, and says nothing of them", () => {
    const { clock, claims, told: _told, ...former } = pageOf({});
    assert.deepEqual(requestOf(former), { ...former, clock: 0, claims: [], told: [] });
    assert.deepEqual([clock, claims], [0, []]);
  });

  it("of a later release is read without what is not known here", () => {
    assert.deepEqual(requestOf({ ...pageOf({ clock: 3 }), mood: "good" }), pageOf({ clock: 3 }));
    assert.deepEqual(Object.keys(alertFields), ["clock", "claims", "told"]);
  });
});
