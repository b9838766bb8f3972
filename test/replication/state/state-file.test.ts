import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { lockStateDir } from "../../../src/replication/state/lock.ts";
import { openStateFile } from "../../../src/replication/state/state-file.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "state-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const published = { snapshotId: "abcdef12", contentHash: "h", at: 1, fingerprint: { monitor: { 1: "x" } } };

describe("state file", () => {
  it("begins a new instance where there is none, and keeps its id", () => {
    const first = openStateFile(dir);
    assert.equal(first.problem, undefined);
    assert.equal(openStateFile(dir).file.state.instanceId, first.file.state.instanceId);
  });

  it("is read back as it was written, and only its owner may read it", () => {
    const { file } = openStateFile(dir);
    assert.ok(file.update({ published, refused: [{ snapshotId: "1", reason: "r", at: 2 }] }).ok);
    assert.deepEqual(openStateFile(dir).file.state, file.state);
    assert.equal(statSync(join(dir, "state.json")).mode & 0o777, 0o600);
  });

  for (const [what, text] of [
    ["an empty file", ""],
    ["garbage", "\u0000\u0001{"],
    ["another format", JSON.stringify({ format: 99, instanceId: "x" })],
    ["a wrong type", JSON.stringify({ format: 1, instanceId: 7 })],
  ] as const) {
    it(`${what}: says so, and begins a new one`, () => {
      writeFileSync(join(dir, "state.json"), text);
      const { file, problem } = openStateFile(dir);
      assert.equal(problem?.code, "state-unreadable");
      assert.match(problem?.message ?? "", /state\.json/);
      assert.equal(
        JSON.parse(readFileSync(join(dir, "state.json"), "utf8")).instanceId,
        file.state.instanceId,
      );
    });
  }

  it("a folder that is gone: a problem, and the state goes on in memory", () => {
    const { file } = openStateFile(dir);
    rmSync(dir, { recursive: true });
    writeFileSync(dir, "now a file");
    const written = file.update({ published });
    assert.ok(!written.ok && written.problem.code === "state-not-writable");
    assert.deepEqual(file.state.published, published);
  });
});

describe("lock of the state folder", () => {
  it("is held by one process at a time, and given back", () => {
    const first = lockStateDir(dir);
    assert.ok(first.ok);
    const second = lockStateDir(dir);
    assert.ok(!second.ok && second.problem.code === "instance-running");
    first.value();
    const third = lockStateDir(dir);
    assert.ok(third.ok);
    third.value();
  });

  it("makes the folder, and says when it cannot", () => {
    const made = lockStateDir(join(dir, "a", "b"));
    assert.ok(made.ok);
    made.value();
    const modes = ["a", "a/b"].map((name) => statSync(join(dir, name)).mode & 0o077);
    assert.deepEqual(modes, [0o077 & ~process.umask(), 0], "the data folder is not ours alone");
    writeFileSync(join(dir, "file"), "");
    const refused = lockStateDir(join(dir, "file", "state"));
    assert.ok(!refused.ok && refused.problem.code === "state-not-writable");
  });
});
