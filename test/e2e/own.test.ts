import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type Database from "better-sqlite3";
import {
  type Member,
  makeRig,
  type Rig,
  STAND_IN_COMMAND,
  said,
  untilLogged,
} from "../support/cli-instance.ts";
import { connectKuma } from "../support/kuma/kuma-api.ts";
import { copyPatchedKuma, type PatchedKuma } from "../support/kuma/patched-kuma.ts";
import { waitFor } from "../support/wait.ts";

const LOCAL_FROM = 1_000_000_000;
const OWN = /entries that are here alone \(monitors: 3, others: (\d+)\)/;

/** A primary with a push monitor, and two proxies. */
function fillPrimary(db: Database.Database): void {
  db.exec(`UPDATE monitor SET proxy_id = NULL; DELETE FROM proxy;
    INSERT INTO proxy (id, user_id, protocol, host, port, auth)
      VALUES (8, 1, 'http', 'follows', 1, 0), (9, 1, 'http', 'site', 1, 0);
    INSERT INTO monitor (name, type, push_token, active, user_id, interval)
      VALUES ('job', 'push', 'token-of-the-job', 1, 1, 3600)`);
}

/**
 * A Kuma that was somebody's own: another account, two monitors with history, a tag, a notification and a status page.
 */
function fillStandAlone(db: Database.Database): void {
  db.exec(`UPDATE user SET username = 'somebody', password = 'unknown';
    DELETE FROM monitor WHERE id > 2; DELETE FROM maintenance; UPDATE monitor SET proxy_id = NULL; DELETE FROM proxy;
    UPDATE monitor SET type = 'http', url = 'http://127.0.0.1:9/own', name = 'own ' || id, active = 1, interval = 3600,
      parent = NULL;
    DELETE FROM heartbeat;
    INSERT INTO heartbeat (monitor_id, status, msg, time, important)
      VALUES (1, 1, 'of long ago', '2026-01-01 00:00:00', 1), (2, 1, 'of long ago', '2026-01-01 00:00:00', 1);
    INSERT INTO tag (id, name, color) VALUES (50, 'own tag', '#000000');
    INSERT INTO monitor_tag (monitor_id, tag_id, value) VALUES (2, 50, 'x');
    UPDATE status_page SET slug = 'own-page' WHERE id = 1`);
}

/** All that REPLICATOR_… offers of a replica's own at once, with a live apply where this Kuma has one. */
const EVERYTHING = {
  REPLICATOR_ACCOUNTS: "true",
  REPLICATOR_APPLY: "live",
  REPLICATOR_LOCAL: "true",
  REPLICATOR_MODE: "RESTORE_LOCAL_ENTITY_REPLICATION",
  REPLICATOR_PUSH: "primary",
};

describe("what is an instance's own, with a real Uptime Kuma as the replica", () => {
  let kuma: PatchedKuma;
  let rig: Rig;
  let primary: Member;
  let replica: Member;
  before(async () => {
    kuma = await copyPatchedKuma();
    rig = makeRig(kuma.dir);
    const primaryEnv = { ...STAND_IN_COMMAND, REPLICATOR_ACCOUNTS: "true" };
    [primary, replica] = await Promise.all([
      rig.add("primary", "BACKUP", primaryEnv, fillPrimary),
      rig.add("replica", "RESTORE", EVERYTHING, fillStandAlone),
    ]);
    await untilLogged(primary, /Published snapshot/);
  });
  after(async () => {
    await rig.close();
    kuma.remove();
  });

  /** What the replica's Kuma answers to a push. */
  const push = async () => {
    const answer = await fetch(`${replica.instance.url}/api/push/token-of-the-job?status=up`);
    return answer.json();
  };
  const oldBeats = () =>
    replica.query("SELECT monitor_id FROM heartbeat WHERE msg = 'of long ago' ORDER BY monitor_id");
  const stops = () => replica.instance.log().match(/Stopping Uptime Kuma to/g)?.length ?? 0;

  it("adopt --keep: a former stand-alone follows, keeps what it had, and has the primary's login", async () => {
    assert.match((await replica.command("sync")).stderr, /Not applied.*adopt --keep/s);
    said(await replica.command("adopt", "--keep", "--yes"));
    await replica.instance.waitReady();
    const client = await connectKuma(replica.instance.url);
    const shown = [...client.lists.monitors.values()].map(({ id, name }) => `${id} ${name}`);
    client.close();
    assert.ok(
      shown.includes(`${LOCAL_FROM + 1} own 1`) && shown.includes(`${LOCAL_FROM + 2} own 2`),
      `${shown}`,
    );
    assert.equal(shown.length, primary.query("SELECT 1 FROM monitor").length + 2);
    assert.deepEqual(oldBeats(), [{ monitor_id: LOCAL_FROM + 1 }, { monitor_id: LOCAL_FROM + 2 }]);
    assert.equal((await fetch(`${replica.instance.url}/api/status-page/own-page`)).status, 200);
    const accounts = "SELECT id, username, password FROM user";
    assert.deepEqual(replica.query(accounts), primary.query(accounts));
  });

  it("REPLICATOR_PUSH=primary: its push monitor of the primary's is paused", async () => {
    assert.deepEqual(await push(), { ok: false, msg: "Monitor not found or not active." });
  });

  it("REPLICATOR_LOCAL, own values: what is added and set here stays through an apply, and is counted", async () => {
    const client = await connectKuma(replica.instance.url);
    const id = await client.addMonitor({ type: "http", name: "here", url: "http://127.0.0.1:9" });
    client.close();
    assert.equal(id, LOCAL_FROM + 3);
    assert.match(said(await replica.command("diff")), /no differences/);
    replica.sql("UPDATE proxy SET host = 'of this site' WHERE id = 9");
    primary.sql("UPDATE proxy SET host = host || '-2'; UPDATE monitor SET name = 'job 2' WHERE name = 'job'");
    said(await primary.command("sync"));
    const before = stops();
    said(await replica.command("sync"));
    if (!kuma.version.includes("-")) assert.equal(stops(), before, "a live apply");
    await replica.instance.waitReady();
    assert.deepEqual(await push(), { ok: false, msg: "Monitor not found or not active." });
    assert.deepEqual(replica.query("SELECT id, host FROM proxy ORDER BY id"), [
      { id: 8, host: "follows-2" },
      { id: 9, host: "of this site" },
    ]);
    assert.match(replica.instance.log(), /Row 9 of table proxy: values of this instance's own stay/);
    assert.deepEqual(replica.query("SELECT id FROM monitor WHERE name = 'here'"), [{ id }]);
    assert.deepEqual(oldBeats(), [{ monitor_id: LOCAL_FROM + 1 }, { monitor_id: LOCAL_FROM + 2 }]);
    const diff = said(await replica.command("diff"));
    assert.match(diff, /of this site/);
    assert.match(diff, OWN);
    const status = said(await replica.command("status"));
    assert.match(status, /its own +entries that are here alone/);
    assert.match(status, OWN);
    assert.match(status, /\d+ push monitors? (is|are) paused here; 1 of proxies.*with values of its own/);
    assert.match(status, /live +equal to its snapshot/);
    const latest = said(await primary.command("export", "latest"));
    assert.doesNotMatch(latest, /own 1|own-page|own tag|"here"/, "nothing of it is published");
  });

  it("promote --share-local: all of it becomes everybody's, with its history, and the push monitor goes on", async () => {
    const refused = await replica.command("promote");
    assert.match(refused.stderr, /Not promoted: entries are here alone \(monitors: 3, .*--share-local/s);
    said(await replica.command("promote", "--share-local"));
    assert.match(replica.instance.log(), /push monitors? that it had paused/);
    const shared = replica.query(
      "SELECT id FROM monitor WHERE name LIKE 'own %' OR name = 'here' ORDER BY id",
    );
    assert.equal(shared.length, 3);
    assert.ok((shared as { id: number }[]).every(({ id }) => id < LOCAL_FROM));
    assert.deepEqual(
      oldBeats(),
      (shared as { id: number }[]).slice(0, 2).map(({ id }) => ({ monitor_id: id })),
    );
    const goesOn = async () => ((await push().catch(() => undefined)) as { ok?: boolean })?.ok || undefined;
    await waitFor("the promoted Kuma", goesOn);
    assert.match(said(await primary.command("export", "latest")), /own-page/);
  });
});
