import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, it, type TestContext } from "node:test";
import { execa } from "execa";
import { judge } from "../../src/cli/health.ts";
import type { StoredStatus } from "../../src/observed/status.ts";
import { ensureBuilt } from "../support/install/build.ts";
import { programFile } from "../support/paths.ts";
import { freePort } from "../support/ports.ts";
import { PATIENCE } from "../support/wait.ts";

const NOW = 1_800_000_000_000;
const running: StoredStatus = {
  role: "replica",
  interval: 60_000,
  kuma: "ready",
  since: NOW - 600_000,
  pause: undefined,
  lastCycleAt: NOW - 30_000,
};
const url = "http://127.0.0.1:3001";

describe("judge", () => {
  it("goes by what Kuma answers", () => {
    assert.deepEqual(judge("ready", running, url, NOW), {
      healthy: true,
      reason: "Uptime Kuma answers. Last good cycle 30 s ago.",
    });
    assert.equal(judge("ready", undefined, url, NOW).healthy, true);
    assert.equal(judge("setup", undefined, url, NOW).healthy, true);
    for (const answer of ["silent", "busy"] as const)
      assert.equal(judge(answer, running, url, NOW).healthy, false);
    assert.match(
      judge("silent", { ...running, kuma: "crashed" }, url, NOW).reason,
      /after a crash, for 10 min/,
    );
  });

  it("warns of replication that is late by three intervals, and stays healthy", () => {
    const late = { ...running, lastCycleAt: NOW - 3 * running.interval };
    assert.doesNotMatch(judge("ready", late, url, NOW).reason, /Warning/);
    assert.deepEqual(judge("ready", { ...late, lastCycleAt: late.lastCycleAt - 1 }, url, NOW), {
      healthy: true,
      reason:
        "Uptime Kuma answers. Warning: Last good cycle 3 min ago, with one due every 1 min; the log says why.",
    });
    const never = { ...running, lastCycleAt: undefined };
    assert.match(judge("ready", never, url, NOW).reason, /Warning: No cycle went well yet/);
  });

  it("excuses a planned stop until its time is up, and not for longer", () => {
    const apply: StoredStatus = {
      ...running,
      kuma: "stopping",
      pause: { for: "apply", until: NOW + 90_000 },
    };
    assert.deepEqual(judge("silent", apply, url, NOW), {
      healthy: true,
      reason: "Uptime Kuma is stopped to apply a new configuration, for 1 min 30 s more at the longest.",
    });
    assert.equal(judge("silent", apply, url, NOW + 90_000).healthy, false);
  });
});

describe("replicator-kuma health", () => {
  before(ensureBuilt);

  async function rig(t: TestContext) {
    const folder = mkdtempSync(join(tmpdir(), "health-"));
    t.after(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, "replicator"));
    const port = await freePort();
    const ask = () =>
      execa(process.execPath, [programFile, "health"], {
        // No repository and no password: a health check needs neither.
        env: { KUMA_DIR: folder, DATA_DIR: folder, UPTIME_KUMA_PORT: String(port) },
        reject: false,
        timeout: PATIENCE,
      });
    const leaveWord = (status: StoredStatus) =>
      writeFileSync(join(folder, "replicator", "status.json"), JSON.stringify(status));
    return { port, ask, leaveWord };
  }

  it("exit code 1 without a Kuma, 0 during an apply and with a Kuma that is ready; one line each", async (t) => {
    const { port, ask, leaveWord } = await rig(t);
    const silent = await ask();
    assert.equal(silent.exitCode, 1);
    assert.match(silent.stdout, /^unhealthy: .*127\.0\.0\.1:\d+\.$/);

    leaveWord({ ...running, kuma: "stopping", pause: { for: "apply", until: Date.now() + 60_000 } });
    const applying = await ask();
    assert.equal(applying.exitCode, 0, applying.stdout);

    const kuma = createServer((_, response) => response.end('{"type":"entryPage","entryPage":"dashboard"}'));
    kuma.listen(port, "127.0.0.1");
    await once(kuma, "listening");
    t.after(() => kuma.close());
    leaveWord({ ...running, lastCycleAt: Date.now() });
    const ready = await ask();
    assert.deepEqual({ exitCode: ready.exitCode, stderr: ready.stderr }, { exitCode: 0, stderr: "" });
    assert.match(ready.stdout, /^healthy: Uptime Kuma answers\. Last good cycle [\d.]+ s ago\.$/);
  });
});
