import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { Role } from "../../../src/config/index.ts";
import { openRole } from "../../../src/replication/state/role.ts";
import { openStateFile } from "../../../src/replication/state/state-file.ts";

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
