import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { smallKuma, stateOf } from "../patch/small-kuma.ts";
import { runAlone } from "../support/cli-instance.ts";
import { projectFolder } from "../support/paths.ts";

const run = (...args: string[]) => runAlone(["patch", ...args]);

test("check, patch, again, check, revert, again: exit code 0, and each says what it found", async (t) => {
  const dir = await smallKuma(t);
  const original = await stateOf(dir);
  const said = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await run(...args);
    assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: "" });
    return stdout;
  };
  assert.equal(await said(dir, "--check"), "patchable: Uptime Kuma 2.99.0");
  const patched = await said(dir);
  assert.match(patched, /^--- a\/server\/notification\.js\n\+\+\+ b\/server\/notification\.js\n@@ /m);
  assert.match(patched, /^\+require\("\.\/replicator-kuma-notification\.cjs"\)\(Notification\);$/m);
  assert.match(patched, /^patched: Uptime Kuma 2\.99\.0$/m);
  assert.equal(await said(dir), "already patched: Uptime Kuma 2.99.0");
  assert.equal(await said(dir, "--check"), "patched: Uptime Kuma 2.99.0");
  assert.match(await said("--revert", dir), /^-require\([\s\S]*\nreverted: Uptime Kuma 2\.99\.0$/m);
  assert.deepEqual(await stateOf(dir), original);
  assert.equal(await said(dir, "--revert"), "not patched, nothing to revert: Uptime Kuma 2.99.0");
});

test("what cannot be patched: exit code 1, what and what to do on stderr, nothing on stdout", async (t) => {
  const dir = await smallKuma(t, { "server/server.js": () => "" });
  for (const args of [[dir], [dir, "--check"]]) {
    const { exitCode, stdout, stderr } = await run(...args);
    assert.deepEqual({ exitCode, stdout }, { exitCode: 1, stdout: "" });
    assert.match(stderr, /Uptime Kuma 2\.99\.0 .*server\/server\.js.*\nNothing was changed\./);
  }
});

test("wrong usage: exit code 2", async (t) => {
  const dir = await smallKuma(t);
  for (const args of [[], [dir, "--no-such"], [dir, "--check", "--revert"], [dir, "another"]]) {
    const { exitCode, stderr } = await run(...args);
    assert.equal(exitCode, 2, args.join(" "));
    assert.match(stderr, /^error: /);
  }
});

test("--help teaches: exit code 0", async () => {
  const { exitCode, stdout } = await run("--help");
  assert.equal(exitCode, 0);
  for (const word of ["--check", "--revert", "REPLICATOR_INSTANCE_NAME", "Exit codes", "patch /app"])
    assert.ok(stdout.includes(word), word);
});

test("the page about the patch quotes the line that is put into Kuma", async () => {
  const page = await readFile(join(projectFolder, "patches/README.md"), "utf8");
  assert.ok(page.includes('require("./replicator-kuma-notification.cjs")(Notification);'));
});
