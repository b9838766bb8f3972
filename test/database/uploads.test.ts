import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { encodeSnapshot, type Snapshot } from "../../src/snapshot/index.ts";
import { changeRows, dump, ICON, IDS, makeInstance, problem, sql, takeSnapshot, value } from "./fixtures.ts";

function withFiles(snapshot: Snapshot, files: Record<string, string>): Snapshot {
  const list = Object.entries(files).map(([name, text]) => ({ name, bytes: Buffer.from(text) }));
  return { ...snapshot, content: { ...snapshot.content, files: list } };
}

test("the icons that status pages refer to are read, nothing else in the folder", (t) => {
  const instance = makeInstance(t, "2.5.3");
  writeFileSync(join(instance.uploadDir, "logo2.png"), "second");
  writeFileSync(join(instance.uploadDir, "unused.png"), "unused");
  sql(instance, "UPDATE status_page SET icon = '/upload/logo2.png' WHERE id = 2");
  assert.deepEqual(value(instance.kuma.read()).files, [
    { name: "logo1.png", bytes: ICON },
    { name: "logo2.png", bytes: Buffer.from("second") },
  ]);
});

for (const icon of [
  "/upload/../kuma.db",
  "/upload/..%2fkuma.db",
  "/upload/.hidden",
  "/upload/",
  "/upload/a/b",
  "../kuma.db",
  "https://example.org/upload/logo1.png",
  "/icon.svg",
  "",
]) {
  test(`an icon at ${JSON.stringify(icon)} is no file of ours`, (t) => {
    const instance = makeInstance(t, "2.5.3");
    writeFileSync(join(instance.uploadDir, ".hidden"), "hidden");
    sql(instance, `UPDATE status_page SET icon = '${icon}'`);
    assert.deepEqual(value(instance.kuma.read()).files, []);
  });
}

test("an icon that does not exist, or a folder of none, is left out", (t) => {
  const instance = makeInstance(t, "2.5.3");
  rmSync(instance.uploadDir, { recursive: true });
  assert.deepEqual(value(instance.kuma.read()).files, []);
});

test("a link is not followed: its target could be any file", (t) => {
  const instance = makeInstance(t, "2.5.3");
  rmSync(join(instance.uploadDir, "logo1.png"));
  symlinkSync(instance.file, join(instance.uploadDir, "logo1.png"));
  assert.deepEqual(value(instance.kuma.read()).files, []);
});

test("a new icon arrives with the rows, into a folder that need not exist", (t) => {
  const replica = makeInstance(t, "2.5.3");
  rmSync(replica.uploadDir, { recursive: true });
  const snapshot = withFiles(takeSnapshot(replica), { "logo1.png": "new" });
  assert.deepEqual(value(replica.kuma.apply(snapshot, IDS)).changes, {
    file: { added: 1, removed: 0, changed: 0 },
  });
  assert.deepEqual(readdirSync(replica.uploadDir), ["logo1.png"]);
  assert.equal(readFileSync(join(replica.uploadDir, "logo1.png"), "utf8"), "new");
  assert.ok(value(replica.kuma.plan(snapshot)).empty);
});

test("a link in the way is replaced, its target stays as it is", (t) => {
  const replica = makeInstance(t, "2.5.3");
  const target = join(replica.uploadDir, "target");
  writeFileSync(target, "untouched");
  rmSync(join(replica.uploadDir, "logo1.png"));
  symlinkSync(target, join(replica.uploadDir, "logo1.png"));
  value(replica.kuma.apply(withFiles(takeSnapshot(replica), { "logo1.png": "new" }), IDS));
  assert.equal(readFileSync(target, "utf8"), "untouched");
  assert.equal(readFileSync(join(replica.uploadDir, "logo1.png"), "utf8"), "new");
});

test("a hostile name that came past the decoder writes nothing", (t) => {
  const replica = makeInstance(t, "2.5.3");
  for (const name of ["../evil", "/tmp/evil", ".bashrc", "a/b"]) {
    const refused = replica.kuma.apply(withFiles(takeSnapshot(replica), { [name]: "evil" }), IDS);
    assert.equal(problem(refused).code, "snapshot-inconsistent");
  }
  assert.ok(!existsSync(join(replica.uploadDir, "../evil")));
  assert.equal(value(replica.kuma.lastApply()), undefined);
});

test("when a file cannot be written, rows and the files before it are as they were", (t) => {
  const replica = makeInstance(t, "2.5.3");
  mkdirSync(join(replica.uploadDir, "logo2.png"));
  const primary = takeSnapshot(makeInstance(t, "2.3.2"));
  const files = withFiles(primary, {
    "logo0.png": "written before the failure",
    "logo1.png": "new",
    "logo2.png": "a folder is in the way",
  });
  const before = dump({ ...replica, uploadDir: join(replica.uploadDir, "logo2.png") });
  const { code, message } = problem(replica.kuma.apply(files, IDS));
  assert.equal(code, "upload-failed");
  assert.match(message, /logo2\.png/);
  assert.deepEqual(dump({ ...replica, uploadDir: join(replica.uploadDir, "logo2.png") }), before);
  assert.deepEqual(readdirSync(replica.uploadDir), ["logo1.png", "logo2.png"]);
  assert.deepEqual(readFileSync(join(replica.uploadDir, "logo1.png")), ICON);
});

test("when COMMIT fails for want of space, the files are as they were too", {
  timeout: 60_000,
}, async (t) => {
  const replica = makeInstance(t, "2.5.3");
  const changed = takeSnapshot(replica, (content) =>
    changeRows(content, "monitor", (rows) =>
      rows.map((row) => ({ ...row, description: "x".repeat(20_000) })),
    ),
  );
  const snapshotFile = join(dirname(replica.file), "snapshot");
  writeFileSync(snapshotFile, Buffer.concat([...encodeSnapshot(withFiles(changed, { "logo1.png": "new" }))]));
  const before = dump(replica);
  const program = fileURLToPath(new URL("apply-program.ts", import.meta.url));
  const args = ["--import", "tsx", program, replica.file, snapshotFile, String(64 * 1024)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  assert.match(stdout, /^applying\ndatabase-(full|failed): .*SQLITE_(FULL|IOERR)/);
  assert.deepEqual(dump(replica), before);
});

test("an apply that died between files and COMMIT converges", (t) => {
  const replica = makeInstance(t, "2.5.3");
  const snapshot = withFiles(takeSnapshot(makeInstance(t, "2.3.2")), { "logo1.png": "new" });
  writeFileSync(join(replica.uploadDir, "logo1.png"), "new");
  writeFileSync(join(replica.uploadDir, ".replicator-kuma.tmp"), "half");
  value(replica.kuma.apply(snapshot, IDS));
  assert.ok(value(replica.kuma.plan(snapshot)).empty);
  assert.equal(readFileSync(join(replica.uploadDir, "logo1.png"), "utf8"), "new");
});
