import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { explain } from "../../src/repository/problems.ts";
import { cacheOptions } from "../../src/repository/restic.ts";
import { makeFolder, never, open, request } from "../support/repository.ts";

const folder = makeFolder();

describe("restic's cache", () => {
  it("is used when there is room for it, there already or not, or nobody says where it is", () => {
    assert.deepEqual(cacheOptions({ RESTIC_CACHE_DIR: folder }), []);
    assert.deepEqual(cacheOptions({ RESTIC_CACHE_DIR: join(folder, "not", "there", "yet") }), []);
    assert.deepEqual(cacheOptions({}), []);
  });

  it("is not used when its disk is full, and reading goes on", {
    skip: process.getuid?.() !== 0 && "needs root to make a small disk",
  }, async (t) => {
    const disk = mkdtempSync(join(tmpdir(), "replicator-disk-"));
    t.after(() => {
      spawnSync("umount", [disk]);
      rmSync(disk, { recursive: true, force: true });
    });
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", disk]);
    if (mounted.status !== 0) return t.skip("no right to mount");
    const path = join(makeFolder(), "r");
    const primary = open(path);
    const replica = open(path, { RESTIC_CACHE_DIR: join(disk, "cache") });
    assert.ok((await primary.create(never)).ok);
    assert.ok((await primary.publish(request("first"), never)).ok);
    assert.ok((await replica.list(never)).ok);
    assert.notDeepEqual(readdirSync(join(disk, "cache")), [], "with room the cache is used");

    const published = await primary.publish(request("second"), never);
    assert.ok(published.ok);
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(join(disk, "ballast"), Buffer.alloc(bavail * bsize));
    // With a full cache restic repeats each request for minutes.
    assert.notDeepEqual(cacheOptions({ RESTIC_CACHE_DIR: join(disk, "cache") }), []);
    const listed = await replica.list(never);
    assert.equal(listed.ok && listed.value.length, 2);
    const downloaded = await replica.download(published.value.id, never);
    assert.equal(downloaded.ok && new TextDecoder().decode(downloaded.value), "second");
  });

  it("is named when it is what has no space left", () => {
    const stderr =
      "Load(<snapshot/6626b94ca8>, 0, 0) returned error, retrying after 4.5s: Copy: write /cache/66/tmp-2541: no space left on device\n";
    const problem = explain({ exitCode: 1, stderr, secrets: [] });
    assert.equal(problem.code, "disk-full");
    assert.match(problem.message, /^There is no space left for restic's cache \(/);
  });
});
