import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startReaper } from "../../src/init/reaper.ts";

const PROGRAM = fileURLToPath(new URL("../fixtures/programs/reap.ts", import.meta.url));
const isRoot = process.platform === "linux" && process.getuid?.() === 0;

test("under another init there is nothing to do", async () => {
  assert.deepEqual(await startReaper(), { kind: "not-needed" });
});

test("as PID 1: 600 orphans are reaped, and no end of our own 200 children is lost among them", {
  timeout: 60_000,
  skip: isRoot ? false : "needs root, for a PID namespace",
}, async () => {
  const { stdout, stderr } = await promisify(execFile)("unshare", [
    ...["--fork", "--pid", "--mount-proc", "--kill-child"],
    ...[process.execPath, "--import", "tsx", PROGRAM, "200"],
  ]);
  assert.equal(stderr, "");
  assert.deepEqual(JSON.parse(stdout), { kind: "reaping", right: 200, zombies: 0 });
});
