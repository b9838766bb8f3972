import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { openSqlite } from "../../../src/database/index.ts";
import { contentHash } from "../../../src/snapshot/index.ts";
import { SIDE_BY_SIDE, startMariadbd, type TestMariaDb } from "../../support/mariadbd.ts";
import { IDS, makeInstance, takeSnapshot, VERSIONS, value } from "../fixtures.ts";
import { dumpMariaDb, equalize, type MariaDbInstance, makeMariaDb, snapshotOf, take } from "./fixtures.ts";

describe("the same configuration on SQLite and on MariaDB", { timeout: 240_000 }, () => {
  let maria: TestMariaDb;
  before(async () => {
    maria = await startMariadbd();
  });
  after(() => maria.close());

  /** The SQLite twin of an instance, its icon folder included. */
  async function makeTwin(t: TestContext, instance: MariaDbInstance) {
    const folder = mkdtempSync(join(tmpdir(), "replicator-twin-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "kuma.db");
    copyFileSync(SIDE_BY_SIDE.sqlite, file);
    await equalize(maria, instance, file);
    return openSqlite({ file, uploadDir: instance.uploadDir, kumaVersion: "2.5.3" });
  }

  it("has one content hash, and neither has anything to change", async (t) => {
    const instance = await makeMariaDb(t, maria);
    const twin = await makeTwin(t, instance);
    const [here, there] = [value(await instance.kuma.read()), value(twin.read())];
    assert.deepEqual(here, there);
    assert.equal(value(await instance.kuma.hash()), contentHash(here));
    assert.equal(value(await instance.kuma.hash()), value(twin.hash()));
    assert.ok(value(await instance.kuma.plan(snapshotOf(there))).empty);
    assert.ok(value(twin.plan(snapshotOf(here))).empty);
  });

  for (const version of VERSIONS)
    it(`goes over from Uptime Kuma ${version} on SQLite, back to SQLite, and is undone to the last row`, async (t) => {
      const instance = await makeMariaDb(t, maria);
      const before = await dumpMariaDb(maria, instance);
      const primary = makeInstance(t, version);
      const snapshot = takeSnapshot(primary);
      value(await instance.kuma.apply(snapshot, IDS));
      assert.ok(value(await instance.kuma.plan(snapshot)).empty);
      const back = await take(instance);
      const replica = makeInstance(t, "2.5.3");
      value(replica.kuma.apply(back, IDS));
      assert.equal(value(replica.kuma.hash()), value(await instance.kuma.hash()));
      if (version === "2.5.3") assert.equal(value(primary.kuma.hash()), value(await instance.kuma.hash()));
      value(await instance.kuma.rollBack());
      assert.deepEqual(await dumpMariaDb(maria, instance), before);
    });
});
