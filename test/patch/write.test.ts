import assert from "node:assert/strict";
import { chmod, chown } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { INJECTED_FILES, NOTIFICATION_FILE } from "../../src/patch/anchors.ts";
import { patchTree, revertTree } from "../../src/patch/index.ts";
import { writeChanges } from "../../src/patch/write.ts";
import { PATIENCE } from "../support/wait.ts";
import { smallKuma, stateOf } from "./small-kuma.ts";

const isRoot = process.geteuid?.() === 0;

test("owner and mode stay, and the new file has them too", async (t) => {
  const dir = await smallKuma(t);
  const file = path.join(dir, NOTIFICATION_FILE);
  if (isRoot) await chown(file, 12_345, 23_456);
  await chmod(file, 0o640);
  const original = await stateOf(dir);
  const { uid, gid, mode } = original[NOTIFICATION_FILE] ?? assert.fail();
  assert.ok((await patchTree(dir)).ok);
  const patched = await stateOf(dir);
  for (const each of [NOTIFICATION_FILE, ...INJECTED_FILES]) {
    const { bytes: _, ...rest } = patched[each] ?? assert.fail();
    assert.deepEqual(rest, { mode, uid, gid });
  }
  assert.ok((await revertTree(dir)).ok);
  assert.deepEqual(await stateOf(dir), original);
});

test("someone else's tree is refused: the file would become ours", { skip: !isRoot }, async (t) => {
  const dir = await smallKuma(t);
  for (const each of [dir, path.join(dir, "server")]) await chmod(each, 0o777);
  const before = await stateOf(dir);
  process.seteuid?.(65_534);
  const result = await patchTree(dir).finally(() => process.seteuid?.(0));
  assert.ok(!result.ok);
  assert.equal(result.problem.code, "not-owner");
  assert.deepEqual(await stateOf(dir), before);
});

test("when a later file cannot be written, the earlier ones are restored", async (t) => {
  const dir = await smallKuma(t);
  const before = await stateOf(dir);
  const notification = Buffer.from(before[NOTIFICATION_FILE]?.bytes ?? assert.fail(), "latin1");
  const result = await writeChanges(dir, [
    { path: "server/new.cjs", before: undefined, after: Buffer.from("new") },
    { path: NOTIFICATION_FILE, before: notification, after: Buffer.from("changed") },
    { path: "server/no-such-folder/file.js", before: undefined, after: Buffer.from("x") },
  ]);
  assert.ok(!result.ok);
  assert.equal(result.problem.code, "write-failed");
  assert.match(result.problem.message, /no-such-folder/);
  assert.deepEqual(await stateOf(dir), before);
});

test("a read-only tree: a clear error, nothing changed", async (t) => {
  if (isRoot && (await execa("unshare", ["--mount", "true"], { reject: false })).failed)
    return t.skip("root without the right to mount: nothing is read-only to it");
  const dir = await smallKuma(t);
  const before = await stateOf(dir);
  const fixture = fileURLToPath(new URL("../fixtures/patch-read-only.ts", import.meta.url));
  const node = [process.execPath, "--import", "tsx", fixture, dir];
  // Root ignores the mode of a folder, but not a read-only mount; that goes with the namespace.
  const [command = "", ...args] = isRoot ? ["unshare", "--mount", ...node] : node;
  const { stdout } = await execa(command, args, { timeout: PATIENCE });
  const problem: unknown = JSON.parse(stdout);
  assert.ok(typeof problem === "object" && problem !== null && "code" in problem && "message" in problem);
  assert.equal(problem.code, "tree-read-only");
  assert.match(
    String(problem.message),
    /server\/replicator-kuma-notification\.cjs cannot be written: (EROFS|EACCES)/,
  );
  assert.deepEqual(await stateOf(dir), before);
});
