import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createMutex } from "../../src/replication/mutex.ts";

describe("turns", () => {
  it("does one thing at a time, in the order asked, whatever fails", async () => {
    const turn = createMutex();
    const seen: string[] = [];
    const work = (name: string, ms: number) => async () => {
      seen.push(`${name} begins`);
      await sleep(ms);
      seen.push(`${name} ends`);
      if (name === "b") throw new Error("b fails");
      return name;
    };
    const results = await Promise.allSettled([turn(work("a", 20)), turn(work("b", 1)), turn(work("c", 5))]);
    assert.deepEqual(seen, ["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
    assert.deepEqual(
      results.map((result) => (result.status === "fulfilled" ? result.value : result.reason.message)),
      ["a", "b fails", "c"],
    );
  });
});
