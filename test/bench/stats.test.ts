import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compare, takePairs } from "../../bench/figure.ts";
import { exponent, quantile, spread } from "../../bench/stats.ts";
import { renderTable } from "../../bench/table.ts";

describe("the bench's arithmetic", () => {
  it("gives median, smallest and largest, in whatever order the runs came", () => {
    assert.deepEqual(spread([5, 1, 9]), { median: 5, min: 1, max: 9 });
    assert.deepEqual(spread([4, 1, 9, 2]), { median: 3, min: 1, max: 9 });
    assert.deepEqual(spread([7]), { median: 7, min: 7, max: 7 });
  });

  it("gives the value that a share of the runs is not above", () => {
    const runs = Array.from({ length: 20 }, (_, run) => 20 - run);
    assert.equal(quantile(runs, 0.95), 19);
    assert.equal(quantile(runs, 1), 20);
    assert.equal(quantile([7], 0.5), 7);
  });

  it("finds the exponent of a growth", () => {
    const sizes = [10, 100, 1_000];
    const near = (found: number, wanted: number) => assert.ok(Math.abs(found - wanted) < 1e-9, String(found));
    near(exponent(sizes.map((size) => ({ size, time: 3 * size }))), 1);
    near(exponent(sizes.map((size) => ({ size, time: 2 * size ** 2 }))), 2);
    near(exponent(sizes.map((size) => ({ size, time: 8 }))), 0);
  });

  it("takes each run and its reference side by side, and decides by the median of their ratios", async () => {
    let clock = 0;
    const order: string[] = [];
    const take = (name: string, time: number) => () => {
      order.push(name);
      clock += 1;
      return time * clock;
    };
    const pairs = await takePairs(3, take("ours", 1), take("theirs", 2));
    assert.deepEqual(order, ["ours", "theirs", "theirs", "ours", "ours", "theirs"]);
    assert.deepEqual(pairs, [
      { ours: 1, theirs: 4 },
      { ours: 4, theirs: 6 },
      { ours: 5, theirs: 12 },
    ]);
    const about = { name: "a", unit: "ms", reference: "b | c", goal: "less" };
    const figure = compare(pairs, about, (ratio) => ratio < 0.5);
    assert.equal(figure.ratio?.median, 5 / 12);
    assert.equal(figure.reached, true);
    assert.match(renderTable([figure]), /\| a \| 4 \(1–5\) ms \| 6 \(4–12\) ms \(b \\\| c\) \| 0\.417 /);
  });
});
