import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { patchTree, planPatch, revertTree } from "../../src/patch/index.ts";
import { type Edit, smallKuma, stateOf } from "./small-kuma.ts";

const CASES: readonly (readonly [file: string, anchor: string])[] = [
  ["server/notification.js", "module.exports = { Notification, };"],
  ["server/model/monitor.js", 'const { Notification } = require("../notification");'],
  ["server/model/domain_expiry.js", 'const { Notification } = require("../notification");'],
  ["server/server.js", 'const { Notification } = require("./notification");'],
];

const REFUSALS: readonly (readonly [what: string, code: string, edit: Edit])[] = [
  ["is not there", "anchor-missing", (text) => text.replaceAll("Notification", "Messages")],
  ["is there twice", "anchor-repeated", (text) => text + text],
  ["has no file", "anchor-missing", () => undefined],
];

for (const [file, anchor] of CASES) {
  for (const [what, code, edit] of REFUSALS) {
    if (file.includes("domain_expiry") && what === "has no file") continue;
    test(`an anchor of ${file} that ${what}: refused with its name, nothing changed`, async (t) => {
      const dir = await smallKuma(t, { [file]: edit });
      const before = await stateOf(dir);
      for (const result of [await planPatch(dir), await patchTree(dir)]) {
        assert.ok(!result.ok);
        assert.equal(result.problem.code, code);
        for (const word of [file, anchor, "2.99.0"]) assert.ok(result.problem.message.includes(word), word);
        assert.match(result.problem.advice, /Use a Kuma release/);
      }
      assert.deepEqual(await stateOf(dir), before);
    });
  }
}

test("a Kuma that cannot be made to send a message again is refused", async (t) => {
  const edit: Edit = (text) => text.replace("(isFirstBeat, monitor, bean)", "(monitor, bean)");
  const planned = await planPatch(await smallKuma(t, { "server/model/monitor.js": edit }));
  assert.ok(!planned.ok);
  assert.match(planned.problem.message, /static async sendNotification\(isFirstBeat, monitor, bean\)/);
});

test("a folder that is not Kuma's is refused", async (t) => {
  const dir = await smallKuma(t, { "package.json": () => "not JSON" });
  for (const each of [dir, path.join(dir, "nowhere"), path.join(dir, "package.json")]) {
    for (const result of [await patchTree(each), await revertTree(each)]) {
      assert.ok(!result.ok);
      assert.equal(result.problem.code, "not-kuma");
      assert.ok(result.problem.message.includes(each));
    }
  }
});

test("a patch of another version is left alone", async (t) => {
  const dir = await smallKuma(t);
  await patchTree(dir);
  const file = path.join(dir, "server/notification.js");
  await writeFile(
    file,
    (await readFile(file, "latin1")).replace("(Notification);", "(Notification, 1);"),
    "latin1",
  );
  const before = await stateOf(dir);
  for (const result of [await patchTree(dir), await revertTree(dir)]) {
    assert.ok(!result.ok);
    assert.equal(result.problem.code, "patched-otherwise");
  }
  assert.deepEqual(await stateOf(dir), before);
});

test("a Kuma that sends with other parameters fails the self-test and is restored", async (t) => {
  const other = "send(message) { return this.providerList[message.type].send(message); }";
  const dir = await smallKuma(t, {
    "server/notification.js": (text) => text.replace(/send\(notification, msg[\s\S]*?\n {4}\}/, other),
  });
  const before = await stateOf(dir);
  const result = await patchTree(dir);
  assert.ok(!result.ok);
  assert.equal(result.problem.code, "self-test-failed");
  assert.deepEqual(await stateOf(dir), before);
});

test("a class that cannot be loaded fails the self-test and is restored", async (t) => {
  const dir = await smallKuma(t, {
    "server/notification.js": (text) => text.replace("class N", "boom();\nclass N"),
  });
  const before = await stateOf(dir);
  const result = await patchTree(dir);
  assert.ok(!result.ok);
  assert.equal(result.problem.code, "self-test-failed");
  assert.match(result.problem.message, /boom is not defined/);
  assert.deepEqual(await stateOf(dir), before);
});

test("a file that does not parse is restored", async (t) => {
  const dir = await smallKuma(t, { "server/notification.js": (text) => `${text}}\n` });
  const before = await stateOf(dir);
  const result = await patchTree(dir);
  assert.ok(!result.ok);
  assert.equal(result.problem.code, "parse-failed");
  assert.deepEqual(await stateOf(dir), before);
});
