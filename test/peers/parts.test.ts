import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Beat } from "../../src/kuma/index.ts";
import { rememberNumbers } from "../../src/peers/guards.ts";
import { createKnownPages } from "../../src/peers/known.ts";
import { createMonitors, keyOf } from "../../src/peers/monitors.ts";
import { describeOpinions, type Opinion, opinionOf } from "../../src/peers/opinions.ts";
import { parseRequest } from "../../src/peers/page.ts";
import { reportModes } from "../../src/peers/report.ts";
import { openSeal } from "../../src/peers/seal.ts";
import { pageOf } from "./pages.ts";

describe("the sentence of a message", () => {
  const down = (since: number) => ({ state: "down", for: since, checked: 1_000 }) as const;
  const up = (checked: number) => ({ state: "up", for: 3_600_000, checked }) as const;
  const cases: [string, "down" | "up", Opinion[]][] = [
    [
      "down at kuma-fra, kuma-nyc; up at kuma-sgp (8 s ago)",
      "down",
      [
        { name: "kuma-nyc", says: down(3_000) },
        { name: "kuma-sgp", says: up(8_400) },
      ],
    ],
    [
      "up at kuma-fra, kuma-sgp; down at kuma-nyc (1 s ago)",
      "up",
      [
        { name: "kuma-nyc", says: down(3_000) },
        { name: "kuma-sgp", says: up(100) },
      ],
    ],
    [
      "down at kuma-fra; not watched at kuma-nyc; not heard: kuma-sgp (for 1 min 30 s)",
      "down",
      [
        { name: "kuma-nyc", says: { state: "none", for: 0, checked: 0 } },
        { name: "kuma-sgp", says: { state: "silent", for: 90_000 } },
      ],
    ],
    [
      "down at kuma-fra; not looked yet: kuma-nyc, kuma-sgp",
      "down",
      [
        { name: "kuma-nyc", says: { state: "down before", for: 9_000, checked: 0 } },
        { name: "kuma-sgp", says: { state: "not yet", for: 0, checked: 0 } },
      ],
    ],
    // A place that can never reach it agrees with everybody: so it is said for how long.
    ["down at kuma-fra, kuma-lan (for 2 h)", "down", [{ name: "kuma-lan", says: down(7_200_000) }]],
    ["down at kuma-fra; no other instance was heard", "down", []],
  ];
  for (const [text, state, others] of cases)
    it(`reads "${text}"`, () => {
      assert.equal(describeOpinions({ name: "kuma-fra", state, for: 2_000 }, others), text);
    });
});

describe("what an instance says of a monitor", () => {
  const question = { id: 3, monitor: 7, key: "k" };
  const says = (page: Parameters<typeof pageOf>[0], madeAt = 0) =>
    opinionOf({ page: pageOf(page), madeAt }, question, "mine", 10_000).says;
  const finding = { state: "up", for: 60_000, checked: 2_000 } as const;

  it("is its answer to this very question, older by what its page is", () => {
    const answers = [
      { session: "another", findings: [{ question: 3, ...finding, state: "down" as const }] },
      {
        session: "mine",
        findings: [
          { question: 2, ...finding, state: "none" as const },
          { question: 3, ...finding },
        ],
      },
    ];
    assert.deepEqual(says({ answers }), { state: "up", for: 70_000, checked: 12_000 });
  });

  it("is, without one, only that it was down there a short time ago, the same thing", () => {
    const down = [{ monitor: 7, key: "k", for: 5_000 }];
    assert.deepEqual(says({ down }), { state: "down", for: 15_000, checked: 10_000 });
    assert.deepEqual(says({ down: [{ monitor: 7, key: "other", for: 5_000 }] }), {
      state: "silent",
      for: 10_000,
    });
    assert.deepEqual(says({ down }, -60_000), { state: "silent", for: 70_000 });
  });
});

describe("the seal", () => {
  it("opens what was closed with the same password, for the same purpose, and nothing else", async () => {
    const [seal, same, other] = await Promise.all(["one", "one", "two"].map(openSeal));
    assert.ok(seal !== undefined && same !== undefined && other !== undefined);
    const sealed = seal.close("words", "request");
    assert.equal(same.open(sealed, "request"), "words");
    assert.equal(other.open(sealed, "request"), undefined);
    assert.equal(same.open(sealed, "answer to 00"), undefined);
    assert.notDeepEqual(seal.close("words", "request"), sealed);
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.equal(same.open(changed, "request"), undefined, `byte ${at}`);
      assert.equal(same.open(sealed.subarray(0, at), "request"), undefined, `${at} bytes`);
    }
  });
});

describe("the numbers of requests", () => {
  it("are taken once each, a little out of order, whatever comes in between", () => {
    const isFresh = rememberNumbers();
    for (const number of [1, 3, 2, 30]) assert.ok(isFresh("a", number), `${number}`);
    for (const number of [1, 3, 2, 30, 0]) assert.ok(!isFresh("a", number), `${number} again`);
    assert.ok(isFresh("b", 1));
    assert.ok(isFresh("a", 1_000));
    for (const number of [4, 967, 1_000]) assert.ok(!isFresh("a", number), `${number} is old`);
    assert.ok(isFresh("a", 999));
  });
});

describe("what is known of others", () => {
  it("is the same in whatever order, and however often, the pages of a session come", () => {
    const counters = fc.array(fc.nat(9), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(counters, (order) => {
        const known = createKnownPages("me");
        for (const counter of order) known.merge([pageOf({ id: "a", counter })], 1_000);
        assert.deepEqual(
          known.list(1_000).map(({ page }) => page.counter),
          [Math.max(...order)],
        );
      }),
    );
  });

  it("is news only when it says more, and asked only when a question is new", () => {
    const known = createKnownPages("me");
    const questions = [{ id: 1, monitor: 2, key: "k" }];
    const merge = (page: Parameters<typeof pageOf>[0], now: number) => {
      const { news, isAsked } = known.merge([pageOf(page)], now);
      return { isNews: news.length > 0, isAsked };
    };
    assert.deepEqual(merge({ counter: 1 }, 1_000), { isNews: true, isAsked: false });
    assert.deepEqual(merge({ counter: 1 }, 2_000), { isNews: false, isAsked: false });
    assert.deepEqual(merge({ counter: 2, questions }, 3_000), { isNews: true, isAsked: true });
    assert.deepEqual(merge({ counter: 3, questions }, 4_000), { isNews: true, isAsked: false });
    // Started anew; then what its former life said comes by a detour.
    assert.deepEqual(merge({ session: "next", counter: 0 }, 5_000), { isNews: true, isAsked: false });
    assert.deepEqual(merge({ counter: 9, age: 4_000 }, 6_000), { isNews: false, isAsked: false });
    assert.equal(known.list(6_000)[0]?.page.session, "next");
    assert.deepEqual(merge({ id: "me", counter: 9 }, 7_000), { isNews: false, isAsked: false });
  });

  it("is forgotten after a week, and has a limit", () => {
    const known = createKnownPages("me");
    known.merge(
      Array.from({ length: 100 }, (_, each) => pageOf({ id: `i${each}` })),
      0,
    );
    assert.equal(known.list(0).length, 20);
    assert.equal(known.list(8 * 86_400_000).length, 0);
  });
});

describe("a message", () => {
  it("that is not in its form is none, and a page that is not is left out", () => {
    const from = { id: "a", session: "s" };
    const whole = { from, to: "", number: 1, wait: 0, known: {}, pages: [pageOf({})] };
    const read = (message: unknown) => parseRequest(JSON.stringify(message))?.pages.length;
    assert.equal(read({ ...whole, pages: [...whole.pages, { ...pageOf({}), later: "member" }] }), 2);
    const wrong = [{}, null, { ...pageOf({}), name: "a\u001b[2Jb" }, { ...pageOf({}), counter: -1 }];
    assert.equal(read({ ...whole, pages: [...whole.pages, ...wrong] }), 1);
    for (const broken of [{}, [], null, { ...whole, number: "1" }, { ...whole, from: undefined }])
      assert.equal(read(broken), undefined);
    assert.equal(parseRequest("{"), undefined);
  });
});

describe("what the checks found", () => {
  const beat = (state: Beat["state"], more: Partial<Beat> = {}): Beat => ({
    ...{ id: 7, name: "Shop", type: "http", state, every: 60_000, settles: 60_000 },
    ...more,
  });
  const key = keyOf(beat("up")) ?? "";

  it("tells down from the first failure, pending included, and when it was checked last", () => {
    const monitors = createMonitors(0);
    assert.ok(!monitors.take([beat("up")], 0));
    assert.ok(monitors.take([beat("pending")], 10_000));
    assert.ok(monitors.take([beat("down")], 20_000));
    assert.ok(!monitors.take([beat("down")], 30_000));
    assert.deepEqual(monitors.find(7, key, 31_000), { state: "down", for: 21_000, checked: 1_000 });
    assert.deepEqual(monitors.down(31_000), { down: [{ monitor: 7, key, for: 21_000 }], downCount: 1 });
    assert.ok(monitors.take([beat("up")], 40_000));
    assert.equal(monitors.find(7, key, 41_000).state, "up");
  });

  it("says nothing of what is not watched: unknown, another thing, in maintenance, not checked for long", () => {
    const monitors = createMonitors(0);
    const state = (now: number, wanted = key) => monitors.find(7, wanted, now).state;
    monitors.take([beat("not yet", { id: 8 })], 0);
    assert.equal(state(0), "none");
    monitors.take([beat("down")], 0);
    assert.equal(state(1_000), "down");
    assert.equal(state(1_000, keyOf(beat("down", { type: "ping" }))), "none");
    assert.equal(state(181_000), "none");
    assert.equal(monitors.down(181_000).downCount, 0);
    monitors.take([beat("not watched")], 2_000);
    assert.equal(state(3_000), "none");
  });

  it("is nothing after a restart of Kuma, but something that is still down has been so all the time", () => {
    const monitors = createMonitors(0);
    monitors.take([beat("down")], 0);
    monitors.forget(5_000);
    assert.deepEqual(monitors.find(7, key, 10_000), { state: "down before", for: 10_000, checked: 0 });
    assert.deepEqual(monitors.down(10_000), { down: [{ monitor: 7, key, for: 10_000 }], downCount: 1 });
    monitors.take([beat("down")], 20_000);
    assert.deepEqual(monitors.find(7, key, 20_000), { state: "down", for: 20_000, checked: 0 });
  });

  it("is to be known soon after a start of Kuma: of all while it is away, then of what it watches", () => {
    const monitors = createMonitors(0);
    const state = (id: number, now: number) => monitors.find(id, key, now).state;
    assert.deepEqual([state(7, 0), state(7, 120_000), state(7, 120_001)], ["not yet", "not yet", "none"]);
    const listed = [7, 8].map((id) => beat("not yet", { id }));
    assert.ok(!monitors.take(listed, 200_000));
    assert.ok(!monitors.take([beat("up")], 201_000));
    assert.deepEqual([state(7, 900_000), state(8, 900_000), state(9, 900_000)], ["none", "not yet", "none"]);
    monitors.take([beat("up", { id: 8 })], 900_000);
    // It ends, and its starts fail: it is not expected for ever.
    for (const now of [901_000, 961_000]) monitors.forget(now);
    assert.deepEqual([state(8, 1_021_000), state(8, 1_021_001)], ["not yet", "none"]);
    // What it does not watch any more it does not come to see.
    monitors.take([beat("not yet")], 1_030_000);
    assert.deepEqual([state(7, 1_030_000), state(8, 1_030_000)], ["not yet", "none"]);
  });

  it("knows after a restart of its own what was down before, as far as Kuma watches it", () => {
    const monitors = createMonitors(0);
    const outages = [7, 8].map((monitor) => ({ monitor, key, since: -60_000 }));
    monitors.remember(outages.slice(0, 1));
    monitors.take([beat("not yet")], 1_000);
    monitors.remember(outages);
    assert.deepEqual(monitors.find(7, key, 2_000), { state: "down before", for: 62_000, checked: 0 });
    assert.equal(monitors.find(8, key, 2_000).state, "none");
    assert.equal(monitors.nameOf(7), "Shop");
  });

  it("leaves out monitors of this instance alone", () => {
    const monitors = createMonitors(0);
    const own = beat("down", { id: 1_000_000_000 });
    assert.equal(keyOf(own), undefined);
    assert.ok(!monitors.take([own], 0));
    assert.equal(monitors.down(0).downCount, 0);
  });
});

describe("modes that differ", () => {
  it("are told once for each instance, and again when they change", () => {
    const told: string[] = [];
    const note = reportModes(
      (event) => told.push(event.type === "warning" ? event.message : event.type),
      "once",
    );
    const known = (alert: string) => [{ page: pageOf({ alert, name: "kuma-nyc" }), madeAt: 0 }];
    for (const alert of ["once", "each", "each", "once", "quorum"]) note(known(alert));
    assert.deepEqual(
      told.map((text) => /once here and (\w+) at kuma-nyc/.exec(text)?.[1]),
      ["each", "quorum"],
    );
  });
});
