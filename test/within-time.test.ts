import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { withinTime } from "../src/within-time.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

const aborted = async (signal: AbortSignal) => {
  await once(signal, "abort");
  return "aborted";
};

describe("withinTime", () => {
  it("aborts when the time is up, however much garbage is collected meanwhile", async () => {
    const begun = performance.now();
    const waiting = withinTime(400, new AbortController().signal, aborted);
    for (let times = 0; times < 10; times += 1) {
      await sleep(20);
      collectGarbage();
    }
    assert.equal(await waiting, "aborted");
    assert.ok(performance.now() - begun >= 399);
  });

  it("aborts at once with the other signal", async () => {
    const shutdown = new AbortController();
    const waiting = withinTime(60_000, shutdown.signal, aborted);
    shutdown.abort();
    assert.equal(await waiting, "aborted");
  });

  it("gives what the work gives, and leaves no timer behind", async () => {
    const timers = () => process.getActiveResourcesInfo().filter((each) => each === "Timeout").length;
    const before = timers();
    assert.equal(await withinTime(60_000, new AbortController().signal, async () => 7), 7);
    await assert.rejects(
      withinTime(60_000, new AbortController().signal, () => Promise.reject(new Error("no"))),
      /no/,
    );
    assert.equal(timers(), before);
  });
});
