import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { execa } from "execa";
import { INJECTED_FILES, NOTIFICATION_FILE } from "../../src/patch/anchors.ts";
import { patchTree, planPatch, revertTree, unifiedDiff } from "../../src/patch/index.ts";
import type { PatchResult } from "../../src/patch/types.ts";
import { smallKuma, stateOf } from "./small-kuma.ts";

function value<T>(result: PatchResult<T>): T {
  assert.ok(result.ok, result.ok ? "" : result.problem.message);
  return result.value;
}

test("patching adds the modules and requires them, and touches nothing else", async (t) => {
  const dir = await smallKuma(t);
  const before = await stateOf(dir);
  const { kumaVersion, changes } = value(await patchTree(dir));
  assert.equal(kumaVersion, "2.99.0");
  assert.deepEqual(
    changes.map((change) => change.path),
    [...INJECTED_FILES, NOTIFICATION_FILE],
  );

  const { [NOTIFICATION_FILE]: notification, ...after } = await stateOf(dir);
  const { [NOTIFICATION_FILE]: original, ...others } = before;
  for (const file of INJECTED_FILES) {
    const ours = await readFile(new URL(`../../patches/${path.basename(file)}`, import.meta.url));
    assert.equal(after[file]?.bytes, ours.toString("latin1"));
    delete after[file];
  }
  assert.deepEqual(after, others);
  const lines = notification?.bytes.split("\n") ?? [];
  const kept = lines.filter((line) => !/replicator|other instances|while it runs/i.test(line));
  assert.equal(lines.length, kept.length + 6);
  assert.equal(`${kept.join("\n")}`.replace("}\n\n\nmodule", "}\n\nmodule"), original?.bytes);
});

test("patching twice changes nothing", async (t) => {
  const dir = await smallKuma(t);
  value(await patchTree(dir));
  const once = await stateOf(dir);
  assert.deepEqual(value(await patchTree(dir)).changes, []);
  assert.deepEqual(await stateOf(dir), once);
});

test("reverting gives the original back byte for byte; reverting that changes nothing", async (t) => {
  const dir = await smallKuma(t);
  const original = await stateOf(dir);
  value(await patchTree(dir));
  assert.equal(value(await revertTree(dir)).changes.length, 1 + INJECTED_FILES.length);
  assert.deepEqual(await stateOf(dir), original);
  assert.deepEqual(value(await revertTree(dir)).changes, []);
});

test("looking changes nothing, and tells a patched tree from a patchable one", async (t) => {
  const dir = await smallKuma(t);
  const original = await stateOf(dir);
  assert.equal(value(await planPatch(dir)).changes.length, 1 + INJECTED_FILES.length);
  assert.deepEqual(await stateOf(dir), original);
  value(await patchTree(dir));
  assert.equal(value(await planPatch(dir)).changes.length, 0);
});

test("half a patch is completed", async (t) => {
  const dir = await smallKuma(t);
  value(await patchTree(dir));
  const whole = await stateOf(dir);
  const [first = ""] = INJECTED_FILES;
  await rm(path.join(dir, first));
  assert.deepEqual(
    value(await patchTree(dir)).changes.map((change) => change.path),
    [first],
  );
  assert.deepEqual(await stateOf(dir), whole);
});

test("a release without domain expiry is patched as well", async (t) => {
  const dir = await smallKuma(t, { "server/model/domain_expiry.js": () => undefined });
  assert.equal(value(await patchTree(dir)).changes.length, 1 + INJECTED_FILES.length);
});

for (const [name, edit] of [
  ["as it is", (text: string) => text.replace("\xff", "é")],
  ["without a line end at its end", (text: string) => text.replace("\xff", "").trimEnd()],
] as const) {
  test(`patch(1) makes the patched tree from the diff, and the original from its reverse; file ${name}`, async (t) => {
    // A diff is text, so the file is UTF-8 here.
    const dir = await smallKuma(t, {
      [NOTIFICATION_FILE]: (text) => Buffer.from(edit(text)).toString("latin1"),
    });
    const original = await stateOf(dir);
    const diff = unifiedDiff(value(await patchTree(dir)).changes);
    const patched = await stateOf(dir);
    const reverse = unifiedDiff(value(await revertTree(dir)).changes);

    const patch = (input: string) =>
      execa("patch", ["-p1", "--fuzz=0", "--quiet"], { cwd: dir, input, stripFinalNewline: false });
    await patch(diff);
    assert.deepEqual(await bytesOf(dir), bytes(patched));
    await patch(reverse);
    assert.deepEqual(await bytesOf(dir), bytes(original));
  });
}

const bytes = (state: Awaited<ReturnType<typeof stateOf>>) =>
  Object.fromEntries(Object.entries(state).map(([file, each]) => [file, each.bytes]));
const bytesOf = async (dir: string) => bytes(await stateOf(dir));

test("a file that another hard link shares is left to the other", async (t) => {
  const dir = await smallKuma(t);
  const original = await stateOf(dir);
  const copy = `${dir}-copy`;
  t.after(() => rm(copy, { recursive: true, force: true }));
  await execa("cp", ["-al", dir, copy]);
  value(await patchTree(copy));
  assert.deepEqual(await stateOf(dir), original);
});

test("a changed copy of an injected module is replaced by ours", async (t) => {
  const dir = await smallKuma(t);
  value(await patchTree(dir));
  const whole = await stateOf(dir);
  await writeFile(path.join(dir, INJECTED_FILES[0] ?? ""), "module.exports = () => {};\n");
  assert.equal(value(await patchTree(dir)).changes.length, 1);
  assert.deepEqual(await stateOf(dir), whole);
});
