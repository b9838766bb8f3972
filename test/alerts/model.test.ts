import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { problemsOf } from "./invariants.ts";
import { run, scenarioOf } from "./scenario.ts";

/** How many runs; CONTRIBUTING.md says how to make more. */
const RUNS = Number(process.env.ALERT_RUNS ?? 200);
/** The first of them. */
const FIRST = Number(process.env.ALERT_SEED ?? 0);

describe("instances that send one message for all", () => {
  it(`keep what they promise, whatever goes wrong, in ${RUNS} runs from seed ${FIRST} on`, () => {
    const problems: string[] = [];
    for (let seed = FIRST; seed < FIRST + RUNS && problems.length < 5; seed += 1) {
      const scenario = scenarioOf(seed);
      const found = problemsOf(run(seed, scenario));
      if (found.length > 0)
        problems.push(`seed ${seed}, ${JSON.stringify(scenario.faults)}: ${found.join("; ")}`);
    }
    assert.deepEqual(problems, []);
  });
});
