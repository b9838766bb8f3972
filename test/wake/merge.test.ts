import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { mergeCalls } from "../../src/wake/merge.ts";

describe("mergeCalls", () => {
  it("passes the first on at once, and of a flood one per time", async () => {
    const at: number[] = [];
    const start = performance.now();
    const call = mergeCalls(200, () => at.push(performance.now() - start));
    while (performance.now() - start < 500) {
      for (let i = 0; i < 100; i++) call();
      await sleep(5);
    }
    await sleep(300);
    assert.equal(at.length, 4, "at 0, 200, 400, and 600 for what came after 400");
    assert.ok((at[0] ?? 0) < 100);
    for (const [index, time] of at.entries()) if (index > 0) assert.ok(time - (at[index - 1] ?? 0) >= 195);
  });

  it("passes nothing on that was not asked for", async () => {
    let calls = 0;
    const call = mergeCalls(30, () => calls++);
    call();
    await sleep(150);
    assert.equal(calls, 1);
    call();
    await sleep(20);
    assert.equal(calls, 2, "at once again, since the last is long ago");
  });
});
