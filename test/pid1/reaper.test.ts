import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startReaper } from "../../src/pid1/reaper.ts";
import { PATIENCE } from "../support/wait.ts";

const PROGRAM = fileURLToPath(new URL("../fixtures/programs/reap.ts", import.meta.url));
/** A lost end of a child would keep the program waiting for ever; unshare itself does not listen to SIGTERM. */
const LIMIT = { timeout: PATIENCE, killSignal: "SIGKILL" } as const;
const isRoot = process.platform === "linux" && process.getuid?.() === 0;

test("under another init there is nothing to do", async () => {
  assert.deepEqual(await startReaper(), { kind: "not-needed" });
});

test("as PID 1: 600 orphans are reaped, and no end of our own 200 children is lost among them", {
  timeout: PATIENCE,
  skip: isRoot ? false : "needs root, for a PID namespace",
}, async () => {
  const { stdout, stderr } = await promisify(execFile)("unshare", [
    ...["--fork", "--pid", "--mount-proc", "--kill-child"],
    ...[process.execPath, "--import", "tsx", PROGRAM, "200"],
  ]);
  assert.equal(stderr, "");
  assert.deepEqual(JSON.parse(stdout), { kind: "reaping", right: 200, zombies: 0 });
});

test("where no native code may be loaded, that is said in a sentence and nothing is lost but the reaping", async () => {
  const program = fileURLToPath(new URL("../../src/pid1/wait.ts", import.meta.url));
  const script = `const { loadWait } = await import(${JSON.stringify(program)}); console.log(JSON.stringify(await loadWait()))`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--no-addons", "--import", "tsx", "--input-type=module", "--eval", script],
    LIMIT,
  );
  const result = JSON.parse(stdout);
  assert.equal(result.ok, false);
  assert.equal(result.problem.code, "reaping-unavailable");
  assert.match(result.problem.message, /^Dead orphans cannot be reaped on linux-\w+: .+$/);
});
