import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { Role } from "../../../src/config/index.ts";
import type { LastApply } from "../../../src/database/types.ts";
import type { ReplicatorEvent } from "../../../src/events/index.ts";
import { detectLostRole, openRole } from "../../../src/replication/state/role.ts";
import { openStateFile } from "../../../src/replication/state/state-file.ts";
import { success } from "../../../src/result.ts";

const applied: LastApply = {
  ...{ snapshotId: "a".repeat(64), contentHash: "c", appliedAt: 1, changedAt: 1 },
  ...{ verified: true, canUndo: true, hasStaleHistory: false },
};

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "role-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** As after a start with this REPLICATOR_MODE. */
const start = (environment: Role) => openRole(environment, openStateFile(dir).file);

describe("role", () => {
  it("is the environment's until a command gives another", () => {
    const role = start("replica");
    assert.equal(role.current, "replica");
    assert.equal(role.givenAt, undefined);
    assert.ok(role.change("primary").ok);
    assert.equal(role.current, "primary");
    assert.ok(Math.abs((role.givenAt ?? 0) - Date.now()) < 5_000);
  });

  it("that a command gave holds across restarts", () => {
    start("replica").change("primary");
    assert.equal(start("replica").current, "primary");
    assert.equal(start("replica").current, "primary");
  });

  it("is the environment's again once that changes, for good", () => {
    start("replica").change("primary");
    assert.equal(start("primary").current, "primary");
    assert.equal(start("replica").current, "replica", "the command was for another environment");
  });

  it("given back by a command leaves nothing behind", () => {
    const role = start("primary");
    role.change("replica");
    role.change("primary");
    assert.equal(role.givenAt, undefined);
    assert.equal(start("replica").current, "replica");
  });
});

describe("a role that was lost with the state", () => {
  /** As after a start in a folder of which the state was removed, beside a database with or without a record. */
  async function startAnew(environment: Role, last: LastApply | undefined) {
    rmSync(join(dir, "state.json"), { force: true });
    const { file, isNew } = openStateFile(dir);
    assert.equal(isNew, true);
    const warnings: string[] = [];
    const database = { lastApply: async () => success(last) };
    await detectLostRole({ database, stateFile: file }, environment, (event: ReplicatorEvent) => {
      if (event.type === "warning") warnings.push(event.message);
    });
    return { role: openRole(environment, file), warnings };
  }

  it("is reported once where the database has a record of an apply, and holds across restarts", async () => {
    start("replica").change("primary");
    const { role, warnings } = await startAnew("replica", applied);
    assert.equal(role.current, "replica");
    assert.equal(role.isLost, true);
    assert.match(
      warnings.join("\n"),
      /^This instance has lost its state folder.*a replica now.*promote.*publishes\.$/,
    );
    assert.equal(openStateFile(dir).isNew, false);
    assert.equal(start("replica").isLost, true);
  });

  it("names the danger of two primaries where the environment asks for one", async () => {
    const { warnings } = await startAnew("primary", applied);
    assert.match(warnings.join("\n"), /the primary now.*demoted before.*two primaries\.$/);
  });

  it("is settled by a command", async () => {
    const { role } = await startAnew("primary", applied);
    assert.ok(role.change("primary").ok);
    assert.equal(role.isLost, false);
  });

  it("is none for a new instance", async () => {
    const { role, warnings } = await startAnew("replica", undefined);
    assert.equal(role.isLost, false);
    assert.deepEqual(warnings, []);
  });
});
