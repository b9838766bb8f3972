import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRestartPolicy } from "../../src/kuma/restart-policy.ts";

const limits = { restartLimit: 8, restartPause: 1_000 };

describe("restart policy", () => {
  it("doubles the pause up to a minute, until the crashes reach their limit", () => {
    const policy = createRestartPolicy(limits);
    const pauses = Array.from({ length: 9 }, () => policy.recordCrash(0));
    assert.deepEqual(pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, undefined]);
  });

  it("gives up at the first crash when the limit is 0", () => {
    assert.equal(createRestartPolicy({ ...limits, restartLimit: 0 }).recordCrash(0), undefined);
  });

  it("counts anew after five minutes of running, and after a reset", () => {
    const policy = createRestartPolicy(limits);
    policy.recordCrash(0);
    policy.recordCrash(299_999);
    assert.equal(policy.crashes, 2);
    assert.equal(policy.recordCrash(300_000), 1_000);
    assert.equal(policy.crashes, 1);
    policy.reset();
    assert.equal(policy.crashes, 0);
  });
});
