import assert from "node:assert/strict";
import { it } from "node:test";
import { countCrash, pauseAfter } from "../../src/kuma/limits.ts";

const limits = { stopGrace: 1, startLimit: 1, restartLimit: 8, restartPause: 1_000 };

it("the pause doubles up to a minute, until the crashes reach their limit", () => {
  const pauses = Array.from({ length: 9 }, (_, crash) => pauseAfter(crash + 1, limits));
  assert.deepEqual(pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, undefined]);
});

it("a limit of 0 gives up at the first crash", () => {
  assert.equal(pauseAfter(1, { ...limits, restartLimit: 0 }), undefined);
});

it("crashes add up, and five minutes of running begin the count again", () => {
  assert.equal(countCrash(0, 0), 1);
  assert.equal(countCrash(3, 299_999), 4);
  assert.equal(countCrash(3, 300_000), 1);
});
