import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { describe, it } from "node:test";
import { faults } from "./groups/index.ts";
import { runFault } from "./run.ts";

/** The short form of `npm run faults`: a few rounds of each, five where a supervisor is killed. */
const ROUNDS: Readonly<Record<number, number>> = { 1: 5, 2: 3 };
const seed = String(Date.now() % 1_000_000);

describe(`faults (seed ${seed})`, { concurrency: 4 }, () => {
  for (const fault of faults.filter(({ isByHand }) => !isByHand)) {
    it(fault.name, async (t) => {
      const asked = fault.isSlow ? 1 : (ROUNDS[fault.group] ?? 1);
      const { loss, skipped, survived } = await runFault(fault, { asked, seed });
      if (skipped !== undefined) return t.skip(skipped);
      if (loss !== undefined) rmSync(loss.evidence, { recursive: true, force: true });
      assert.equal(loss, undefined);
      t.diagnostic(`${survived} rounds`);
    });
  }
});
