import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { Rules } from "../../src/database/index.ts";
import type { ReplicatorEvent } from "../../src/events/index.ts";
import { createOwnCounter } from "../../src/replication/index.ts";
import { success } from "../../src/result.ts";
import { samples } from "../events/samples.ts";

describe("counter of what is an instance's own", () => {
  it("tells each change once, reads nothing where nothing can be its own, and tells that it is gone", async () => {
    let rules: Rules = { keepsLocal: true };
    let monitors = 0;
    let reads = 0;
    const told: ReplicatorEvent[] = [];
    const listener = createOwnCounter(
      {
        readOwn: async () => {
          reads += 1;
          return success({ local: { monitors, others: 0 }, paused: 0, values: 0, countsLocally: true });
        },
      },
      () => rules,
      (event) => void told.push(event),
    );
    const after = async (event: ReplicatorEvent) => {
      listener(event);
      await setImmediate();
    };
    await after(samples["cycle-done"]);
    monitors = 2;
    await after(samples["cycle-done"]);
    await after(samples.applied);
    await after(samples["cycle-started"]);
    assert.equal(reads, 3);
    rules = {};
    await after(samples["taken-over"]);
    assert.equal(reads, 3);
    assert.deepEqual(
      told.map((event) => event.type === "own-counted" && event.own.local.monitors),
      [2, 0],
    );
  });
});
