import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { readKumaVersion } from "../../src/kuma/index.ts";
import { ensureBuilt } from "../support/install/build.ts";
import { ensureKuma } from "../support/install/kuma.ts";
import { connectKuma } from "../support/kuma/kuma-api.ts";
import { chooseMariaDb } from "../support/kuma/on-mariadb.ts";
import { copyPatchedKuma } from "../support/kuma/patched-kuma.ts";
import { SIDE_BY_SIDE, startMariadbd } from "../support/mariadbd.ts";
import { freePort } from "../support/ports.ts";
import { createAuthor, makeRepository } from "../support/repository.ts";
import { change, takeSnapshot } from "../support/source-data.ts";
import { openNamespace } from "../support/supervisor-namespace.ts";
import { PATIENCE, waitFor } from "../support/wait.ts";

/** Whose database the fixture is. */
const RELEASE = "2.5.3";
const version = readKumaVersion(await ensureKuma());
const skip = version === RELEASE ? false : `the fixture is of ${RELEASE}, not of ${version}: set KUMA_DIR`;

/** A server with the database of a real Kuma, and the data folder of a Kuma that uses it. */
async function openExternal(t: TestContext, dataDir: string) {
  const port = await freePort();
  const mariadb = await startMariadbd(`--port=${port}`, "--bind-address=127.0.0.1");
  t.after(mariadb.close);
  await mariadb.create("kuma", SIDE_BY_SIDE.mariadb);
  return { mariadb, env: chooseMariaDb(dataDir, port) };
}

test("a real, patched Kuma on MariaDB is not stopped for an apply", {
  skip,
  timeout: 2 * PATIENCE,
}, async (t) => {
  await ensureBuilt();
  const folder = mkdtempSync(join(tmpdir(), "live-mariadb-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [repository, sourceDir, dataDir] = ["repository", "source", "replica"].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  const patched = await copyPatchedKuma();
  t.after(patched.remove);
  await makeRepository(repository);
  mkdirSync(sourceDir);
  copyFileSync(SIDE_BY_SIDE.sqlite, join(sourceDir, "kuma.db"));
  const author = createAuthor(repository, "primary");
  await author.publish(takeSnapshot(sourceDir));
  const { mariadb, env } = await openExternal(t, dataDir);
  const replica = await openNamespace({
    ...{ mode: "RESTORE", name: "replica", dataDir, repository },
    env: {
      ...env,
      REPLICATOR_APPLY: "live",
      REPLICATOR_PROOF_WINDOW: "2s",
      KUMA_DIR: patched.dir,
      KUMA_COMMAND: "",
    },
  });
  t.after(replica.kill);
  await replica.untilLogged("cycle-done");
  const kuma = await connectKuma(`http://127.0.0.1:${replica.port}`);
  t.after(kuma.close);
  const [[id = 0] = []] = kuma.lists.monitors;
  const pid = replica.kumaPid();

  change(sourceDir, [
    `UPDATE monitor SET name = 'renamed', interval = 33 WHERE id = ${id}`,
    "UPDATE tag SET color = '#abcdef'",
    "DELETE FROM monitor WHERE id = (SELECT max(id) FROM monitor)",
    "INSERT INTO monitor (id, name, type, url, active, user_id, interval) VALUES (900, 'new', 'http', 'http://127.0.0.1:9/', 1, 1, 60)",
  ]);
  await author.publish(takeSnapshot(sourceDir));
  const from = replica.events().length;
  replica.signal("SIGUSR1");
  const applied = await replica.untilLogged("applied", { from });
  assert.equal(applied.monitoringGapMs, 0);
  await replica.untilLogged("cycle-done", { from });
  const types = replica
    .events()
    .slice(from)
    .map(({ type }) => type);
  assert.ok(!types.includes("kuma-stopping") && !types.includes("warning"), replica.output().slice(-3_000));
  assert.equal(replica.kumaPid(), pid);
  const isShown = () =>
    (kuma.lists.monitors.get(id)?.name === "renamed" && kuma.lists.monitors.has(900)) || undefined;
  await waitFor("the new lists in the open page", isShown);
  const beats = () => mariadb.query("kuma", "SELECT id FROM heartbeat WHERE monitor_id = 900");
  await waitFor("a heartbeat of the new monitor", async () => (await beats()).length > 0 || undefined);
});
