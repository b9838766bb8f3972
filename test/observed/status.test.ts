import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { Config } from "../../src/config/index.ts";
import type { ReplicatorEvent } from "../../src/events/index.ts";
import { createStatusFile } from "../../src/observed/index.ts";
import { nextStatus, nowFor, readStatus, type Status } from "../../src/observed/status.ts";
import { samples } from "../events/samples.ts";

const limits = { stopGrace: 30_000, startLimit: 120_000 };
const fresh: Status = {
  role: "replica",
  interval: 360_000,
  kuma: "stopped",
  since: 0,
  pause: undefined,
  lastCycleAt: undefined,
};

/** The status after the events, one a second. */
function after(...events: ReplicatorEvent[]): Status {
  return events.reduce((status, event, i) => nextStatus(status, event, limits, (i + 1) * 1_000), fresh);
}

const stopping = (reason: "apply" | "roll-back" | "shutdown") => ({ ...samples["kuma-stopping"], reason });

describe("nextStatus", () => {
  it("follows an apply from stop to start, and excuses Kuma for as long as its limits allow", () => {
    const whole = [
      samples["kuma-ready"],
      stopping("apply"),
      samples["kuma-stopped"],
      samples["kuma-starting"],
      samples["kuma-ready"],
      samples.applied,
    ];
    const until = 2_000 + 30_000 + 60_000 + 120_000;
    for (const length of [2, 3, 4])
      assert.deepEqual(after(...whole.slice(0, length)).pause, { for: "apply", until }, `${length} events`);
    assert.deepEqual(after(...whole), { ...fresh, kuma: "ready", since: 5_000, lastCycleAt: 6_000 });
  });

  it("does not excuse a shutdown, nor a crash in the middle of an apply", () => {
    assert.equal(after(samples["kuma-ready"], stopping("shutdown")).pause, undefined);
    assert.equal(after(stopping("apply"), samples["kuma-crashed"]).pause, undefined);
    assert.equal(after(stopping("roll-back")).pause?.for, "roll-back");
  });

  it("excuses a migration while it is told of", () => {
    assert.deepEqual(after(samples["kuma-starting"], samples["kuma-migrating"]).pause, {
      for: "migration",
      until: 2_000 + 120_000,
    });
  });

  it("counts every end of a cycle but a failure, and changes nothing for what it does not know of", () => {
    const cycles = ["published", "applied", "rolled-back", "unchanged", "nothing-published-yet"] as const;
    for (const type of cycles) assert.equal(after(samples[type]).lastCycleAt, 1_000, type);
    for (const type of ["cycle-failed", "started", "warning", "notice-failed"] as const)
      assert.equal(nextStatus(fresh, samples[type], limits, 1_000), fresh, type);
  });
});

describe("createStatusFile", () => {
  const config = (stateDir: string) =>
    ({
      role: "replica",
      intervals: { primary: 300_000, replica: 360_000 },
      stateDir,
      kuma: { limits },
    }) as unknown as Config;

  it("writes what another process reads, whole, and nothing else beside it", (t) => {
    const stateDir = mkdtempSync(join(tmpdir(), "status-"));
    t.after(() => rmSync(stateDir, { recursive: true }));
    const listener = createStatusFile(config(stateDir));
    listener(samples.started);
    listener(samples["cycle-failed"]);
    assert.equal(readStatus(stateDir), undefined, "an instance that may not run here leaves the file alone");
    for (const event of [samples["kuma-starting"], samples["kuma-ready"], samples.unchanged]) listener(event);
    const status = readStatus(stateDir);
    assert.deepEqual([status?.role, status?.kuma, status?.interval], ["replica", "ready", 360_000]);
    assert.ok(Math.abs((status?.lastCycleAt ?? 0) - Date.now()) < 10_000);
    assert.deepEqual(readdirSync(stateDir), ["status.json"]);
    assert.match(readFileSync(join(stateDir, "status.json"), "utf8"), /^\{.*\}\n$/);
  });

  it("lets another process know the time that it goes by, however the machine's clock is set", (t) => {
    const stateDir = mkdtempSync(join(tmpdir(), "status-"));
    t.after(() => rmSync(stateDir, { recursive: true }));
    createStatusFile(config(stateDir))(samples["kuma-ready"]);
    const status = readStatus(stateDir);
    assert.ok(status !== undefined);
    const realNow = Date.now();
    t.mock.timers.enable({ apis: ["Date"], now: realNow });
    for (const days of [0, 1, -1]) {
      t.mock.timers.setTime(realNow + days * 86_400_000);
      assert.ok(Math.abs(nowFor(status) - realNow) < 10_000, `set by ${days} days`);
    }
    // Of an older release, and of before the machine was started again.
    const { clock, ...old } = status;
    assert.equal(nowFor(old), Date.now());
    assert.equal(nowFor({ ...status, clock: Number(clock) - 3_600_000 }), Date.now());
    assert.equal(nowFor(undefined), Date.now());
  });

  it("follows a command that changes the role", (t) => {
    const stateDir = mkdtempSync(join(tmpdir(), "status-"));
    t.after(() => rmSync(stateDir, { recursive: true }));
    const listener = createStatusFile(config(stateDir));
    for (const event of [samples["kuma-ready"], samples["role-changed"]]) listener(event);
    const status = readStatus(stateDir);
    assert.deepEqual([status?.role, status?.interval], ["primary", 300_000]);
  });

  it("does not fail where it cannot write", () => {
    createStatusFile(config("/proc/nowhere"))(samples["kuma-ready"]);
  });
});
