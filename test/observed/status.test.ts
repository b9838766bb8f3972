import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { combineListeners, type Listener, type ReplicatorEvent } from "../../src/events/index.ts";
import { createObserver, createStatusFile } from "../../src/observed/index.ts";
import { initialState, nextState } from "../../src/observed/state.ts";
import { nowFor, readStatus, type StoredStatus, toStatus } from "../../src/observed/status.ts";
import { samples } from "../events/samples.ts";

const settings = {
  role: "replica",
  intervals: { primary: 300_000, replica: 360_000 },
  instanceName: "south",
  kuma: { limits: { stopGrace: 30_000, startLimit: 120_000 } },
} as const;
const fresh: StoredStatus = {
  role: "replica",
  interval: 360_000,
  kuma: "stopped",
  since: 0,
  pause: undefined,
  lastCycleAt: undefined,
};

/** The status after the events, one a second. */
function after(...events: ReplicatorEvent[]): StoredStatus {
  const state = events.reduce(
    (before, event, i) => nextState(before, event, (i + 1) * 1_000),
    initialState(settings, 0),
  );
  return toStatus(state);
}

const stopping = (reason: "apply" | "roll-back" | "shutdown") => ({ ...samples["kuma-stopping"], reason });

describe("the status", () => {
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

  it("excuses a migration while it is reported", () => {
    assert.deepEqual(after(samples["kuma-starting"], samples["kuma-migrating"]).pause, {
      for: "migration",
      until: 2_000 + 120_000,
    });
  });

  it("counts every end of a cycle but a failure, and changes nothing for what it does not know of", () => {
    const cycles = ["published", "applied", "rolled-back", "unchanged", "nothing-published-yet"] as const;
    for (const type of cycles) assert.equal(after(samples[type]).lastCycleAt, 1_000, type);
    for (const type of ["cycle-failed", "started", "warning", "notification-failed"] as const)
      assert.deepEqual(after(samples[type]), fresh, type);
  });
});

describe("createStatusFile", () => {
  /** The listener behind an observer, as a running instance has it. */
  function keepStatus(stateDir: string): Listener {
    const observer = createObserver(settings);
    return combineListeners([observer.listener, createStatusFile(stateDir, observer)]);
  }

  it("writes what another process reads, whole, and nothing else beside it", (t) => {
    const stateDir = mkdtempSync(join(tmpdir(), "status-"));
    t.after(() => rmSync(stateDir, { recursive: true }));
    const listener = keepStatus(stateDir);
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
    keepStatus(stateDir)(samples["kuma-ready"]);
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
    const listener = keepStatus(stateDir);
    for (const event of [samples["kuma-ready"], samples["role-changed"]]) listener(event);
    const status = readStatus(stateDir);
    assert.deepEqual([status?.role, status?.interval], ["primary", 300_000]);
  });

  it("does not fail where it cannot write", () => {
    keepStatus("/proc/nowhere")(samples["kuma-ready"]);
  });
});
