import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { throttle } from "../../src/ntfy/waker.ts";

describe("throttle", () => {
  it("passes the first on at once", async () => {
    let calls = 0;
    throttle(60_000, () => calls++)();
    await sleep(20);
    assert.equal(calls, 1);
  });

  it("passes of a flood one per time, and the last of it, too", async () => {
    const at: number[] = [];
    const start = performance.now();
    const call = throttle(200, () => at.push(performance.now() - start));
    let asked = 0;
    while (asked < 500) {
      asked = performance.now() - start;
      for (let i = 0; i < 100; i++) call();
      await sleep(5);
    }
    await sleep(300);
    assert.ok(at.length >= 2, `${at}`);
    assert.ok((at.at(-1) ?? 0) >= asked, "nothing is lost");
    for (const [index, time] of at.entries()) if (index > 0) assert.ok(time - (at[index - 1] ?? 0) >= 195);
  });

  it("passes nothing on that was not asked for", async () => {
    let calls = 0;
    const call = throttle(30, () => calls++);
    call();
    await sleep(150);
    assert.equal(calls, 1);
    call();
    await sleep(20);
    assert.equal(calls, 2, "at once again, since the last is long ago");
  });
});
