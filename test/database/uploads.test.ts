import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Content, contentHash, encodeSnapshot, type Snapshot } from "../../src/snapshot/index.ts";
import {
  changeRows,
  dump,
  ICON,
  IDS,
  makeInstance,
  png,
  problem,
  sql,
  takeSnapshot,
  value,
} from "./fixtures.ts";

function withFiles(snapshot: Snapshot, files: Record<string, string>): Snapshot {
  const list = Object.entries(files).map(([name, text]) => ({ name, bytes: png(text) }));
  return { ...snapshot, content: { ...snapshot.content, files: list } };
}

/** Status pages with the icons logo0.png, logo1.png and so on. */
function withIcons(content: Content, count: number): Content {
  return changeRows(content, "status_page", ([first]) =>
    Array.from({ length: count }, (_, n) => ({
      ...first,
      id: BigInt(n + 1),
      slug: `page-${n}`,
      icon: `/upload/logo${n}.png?t=1`,
    })),
  );
}

test("the icons that status pages refer to are read, nothing else in the folder", (t) => {
  const instance = makeInstance(t, "2.5.3");
  writeFileSync(join(instance.uploadDir, "logo2.png"), png("second"));
  writeFileSync(join(instance.uploadDir, "unused.png"), "unused");
  sql(instance, "UPDATE status_page SET icon = '/upload/logo2.png' WHERE id = 2");
  assert.deepEqual(value(instance.kuma.read()).files, [
    { name: "logo1.png", bytes: ICON },
    { name: "logo2.png", bytes: png("second") },
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
  assert.deepEqual(readFileSync(join(replica.uploadDir, "logo1.png")), png("new"));
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
  assert.deepEqual(readFileSync(join(replica.uploadDir, "logo1.png")), png("new"));
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

/** In files that a browser would not only draw, or that fill the disk. */
const UNFIT: readonly [string, Buffer][] = [
  ["x.html", Buffer.from("<script>alert(localStorage.token)</script>")],
  ["x.svg", Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')],
  ["x.png", Buffer.from("<script>alert(1)</script>")],
  ["x.html", png("an image by its content only")],
  ["png", png("no ending")],
  ["x.gif", png("of another kind")],
  ["large.png", png("x".repeat(5_000_000))],
];

for (const [name, bytes] of UNFIT) {
  test(`${name} (${bytes.subarray(0, 8).toString("latin1").trim()}…) is neither published nor written`, (t) => {
    const primary = makeInstance(t, "2.5.3");
    writeFileSync(join(primary.uploadDir, name), bytes);
    sql(primary, `UPDATE status_page SET icon = '/upload/${name}?t=1' WHERE id = 1`);
    const content = value(primary.kuma.read());
    assert.deepEqual(content.files, []);
    assert.equal(value(primary.kuma.hash()), contentHash(content));
    const { leftOut } = value(primary.kuma.examine(content));
    assert.ok(leftOut.length === 1 && leftOut[0]?.includes(name), leftOut.join());

    const replica = makeInstance(t, "2.5.3");
    const hostile = { ...takeSnapshot(primary), content: { ...content, files: [{ name, bytes }] } };
    const { changes, notes } = value(replica.kuma.apply(hostile, IDS));
    assert.ok(notes.length === 1 && notes[0]?.includes(name), notes.join());
    assert.ok(!existsSync(join(replica.uploadDir, name)));
    assert.ok("status_page" in changes, "the rest must arrive all the same");
    assert.ok(value(replica.kuma.plan(hostile)).empty);
  });
}

test("a file that no status page of the snapshot refers to is not written", (t) => {
  const replica = makeInstance(t, "2.5.3");
  const snapshot = withFiles(takeSnapshot(replica), { "logo1.png": "an icon", "other.png": "an image" });
  const { empty, notes } = value(replica.kuma.apply(snapshot, IDS));
  assert.ok(empty);
  assert.match(notes.join(), /other\.png/);
  assert.deepEqual(readdirSync(replica.uploadDir), ["logo1.png"]);
});

test("images of the kinds that a browser only draws are published", (t) => {
  const instance = makeInstance(t, "2.5.3");
  const begins = {
    "a.jpg": "ffd8ffe0",
    "a.JPEG": "ffd8ffe1",
    "a.gif": "474946383961",
    "a.webp": "52494646aaaaaaaa57454250",
  };
  for (const [name, begin] of Object.entries(begins)) {
    writeFileSync(join(instance.uploadDir, name), Buffer.from(begin, "hex"));
    sql(instance, `UPDATE status_page SET icon = '/upload/${name}'`);
    assert.deepEqual(
      value(instance.kuma.read()).files.map((file) => file.name),
      [name],
    );
  }
});

test("an icon goes with the reference to it, and comes back with it", (t) => {
  const [primary, replica] = [makeInstance(t, "2.5.3"), makeInstance(t, "2.5.3")];
  writeFileSync(join(replica.uploadDir, "by-hand.png"), "no page has ever referred to it");
  const before = dump(replica);
  sql(primary, "UPDATE status_page SET icon = '/icon.svg' WHERE id = 1");
  const { changes } = value(replica.kuma.apply(takeSnapshot(primary), IDS));
  assert.deepEqual(changes.file, { added: 0, removed: 1, changed: 0 });
  assert.deepEqual(readdirSync(replica.uploadDir), ["by-hand.png"]);
  value(replica.kuma.rollBack());
  assert.deepEqual(dump(replica), before);
});

test("when a file cannot be written, rows and the files before it are as they were", (t) => {
  const replica = makeInstance(t, "2.5.3");
  mkdirSync(join(replica.uploadDir, "logo2.png"));
  const primary = takeSnapshot(makeInstance(t, "2.3.2"), (content) => withIcons(content, 3));
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

test("when COMMIT fails for want of space, no file was removed and those written are as they were", async (t) => {
  const replica = makeInstance(t, "2.5.3");
  const dropped = join(replica.uploadDir, "logo9.png");
  writeFileSync(dropped, png("dropped by the snapshot"));
  const changed = takeSnapshot(replica, (content) =>
    changeRows(content, "monitor", (rows) =>
      rows.map((row) => ({ ...row, description: "x".repeat(20_000) })),
    ),
  );
  sql(replica, "UPDATE status_page SET icon = '/upload/logo9.png' WHERE id = 2");
  const { ino } = statSync(dropped);
  const snapshotFile = join(dirname(replica.file), "snapshot");
  writeFileSync(snapshotFile, Buffer.concat([...encodeSnapshot(withFiles(changed, { "logo1.png": "new" }))]));
  const before = dump(replica);
  const program = fileURLToPath(new URL("apply-program.ts", import.meta.url));
  const args = ["--import", "tsx", program, replica.file, snapshotFile, String(64 * 1024)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  assert.match(stdout, /^applying\ndatabase-(full|failed): .*SQLITE_(FULL|IOERR)/);
  assert.deepEqual(dump(replica), before);
  assert.equal(statSync(dropped).ino, ino, "it was removed before COMMIT, and written anew");
});

test("an apply that died between files and COMMIT converges", (t) => {
  const replica = makeInstance(t, "2.5.3");
  const snapshot = withFiles(takeSnapshot(makeInstance(t, "2.3.2")), { "logo1.png": "new" });
  writeFileSync(join(replica.uploadDir, "logo1.png"), png("new"));
  writeFileSync(join(replica.uploadDir, ".replicator-kuma.tmp"), "half");
  value(replica.kuma.apply(snapshot, IDS));
  assert.ok(value(replica.kuma.plan(snapshot)).empty);
  assert.deepEqual(readFileSync(join(replica.uploadDir, "logo1.png")), png("new"));
});
