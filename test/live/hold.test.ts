import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { connectKuma } from "../support/kuma/kuma-api.ts";
import { query } from "../support/rows.ts";
import { waitFor } from "../support/wait.ts";
import { openBase } from "./base.ts";
import { type LiveKuma, value } from "./live-kuma.ts";
import { whyNotCompared } from "./releases.ts";
import { openTargets, type Targets } from "./targets.ts";

const skip = await whyNotCompared();

describe("a Kuma that runs while its configuration changes", { skip, timeout: 10 * 60_000 }, () => {
  let targets: Targets;
  let kuma: LiveKuma;
  let close: () => Promise<void>;

  before(async () => {
    targets = await openTargets();
    ({ kuma, close } = await openBase(targets));
  });

  after(async () => {
    await close?.();
    targets?.close();
  });

  const beats = (monitor: number) =>
    query(join(kuma.dataDir, "kuma.db"), "SELECT time, msg FROM heartbeat WHERE monitor_id = ?", monitor);

  it("does a person's edit after the hold, as a whole", async () => {
    const page = await connectKuma(kuma.url);
    const nameOf3 = () =>
      query(join(kuma.dataDir, "kuma.db"), "SELECT name FROM monitor WHERE id = 3")[0]?.name;
    const was = nameOf3();
    value(await kuma.channel.ask("hold", { monitors: [2] }));
    const edited = page.editMonitor(3, { name: "by a person" });
    await sleep(500);
    assert.equal(nameOf3(), was);
    value(await kuma.channel.ask("resume", { monitors: [2], reset: [], maintenance: [], tables: [] }));
    await edited;
    assert.equal(nameOf3(), "by a person");
    page.close();
  });

  it("starts held monitors by itself when the supervisor ends", async () => {
    const before = beats(2).length;
    value(await kuma.channel.ask("hold", { monitors: [2] }));
    kuma.disconnect();
    await waitFor("a heartbeat of monitor 2", () => beats(2).length > before + 1 || undefined);
    await kuma.restart();
  });

  it("leaves no trace of a check that is under way when its monitor is removed", async () => {
    const hits = targets.countOf("/2");
    targets.slow("/2", 4_000);
    await waitFor("a slow check", () => targets.countOf("/2") > hits || undefined, {
      every: 10,
    });
    kuma.edit("DELETE FROM monitor WHERE id = 2");
    targets.fail("/2");
    const rings = targets.rings.length;
    await kuma.apply();
    const kept = beats(2).length;
    await sleep(6_000);
    assert.equal(beats(2).length, kept);
    assert.equal(targets.rings.length, rings);
    assert.equal(existsSync(join(kuma.dataDir, "error.log")), false);
    const state = value(await kuma.channel.ask("state", { monitors: [2] }));
    assert.deepEqual(state.monitors, [{ id: 2, row: "none", isRunning: false, differing: [] }]);
    assert.equal(state.errors, 0);
  });
});
