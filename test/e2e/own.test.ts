import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { makeRig, type Rig, said, untilLogged } from "../support/cli-instance.ts";
import { ensureKuma } from "../support/install/kuma.ts";
import { connectKuma } from "../support/kuma/kuma-api.ts";
import { waitFor } from "../support/wait.ts";

let rig: Rig;
before(async () => {
  rig = makeRig(await ensureKuma());
});
after(() => rig.close());

/** What a Kuma answers to a push. */
async function push(url: string): Promise<unknown> {
  const answer = await fetch(`${url}/api/push/token-of-the-job?status=up`);
  return answer.json();
}

const ACCOUNTS = { REPLICATOR_ACCOUNTS: "true" };

describe("what is an instance's own, with a real Uptime Kuma", () => {
  it("REPLICATOR_PUSH=primary: a replica's push monitor is paused, and active after promote", async () => {
    const primary = await rig.add("push-primary", "BACKUP", {}, (db) =>
      db.exec(`INSERT INTO monitor (name, type, push_token, active, user_id, interval)
        VALUES ('job', 'push', 'token-of-the-job', 1, 1, 3600)`),
    );
    await untilLogged(primary, /Published snapshot/);
    const replica = await rig.add("push-replica", "RESTORE", { REPLICATOR_PUSH: "primary" });
    await untilLogged(replica, /Applied snapshot/);
    await replica.instance.waitReady();
    assert.deepEqual(await push(replica.instance.url), {
      ok: false,
      msg: "Monitor not found or not active.",
    });
    assert.deepEqual(await push(primary.instance.url), { ok: true });
    assert.match(said(await replica.command("diff")), /no differences/);
    assert.match(said(await replica.command("status")), /its own +\d+ push monitors? (is|are) paused here/);
    said(await replica.command("promote"));
    assert.match(
      replica.instance.log(),
      /This instance is the primary: \d+ push monitors? that it had paused/,
    );
    await waitFor(
      "the promoted Kuma",
      async () => (await push(replica.instance.url).catch(() => undefined)) as object,
    );
    assert.deepEqual(await push(replica.instance.url), { ok: true });
  });

  it("REPLICATOR_ACCOUNTS=true: a replica that nobody has set up has the primary's login", async () => {
    const primary = await rig.add(
      "login-primary",
      "BACKUP",
      { ...ACCOUNTS, REPLICATOR_TAKEOVER: "true" },
      (db) => db.exec("UPDATE monitor SET name = 'another primary' WHERE id = 1"),
    );
    await untilLogged(primary, /Published snapshot/);
    const replica = await rig.add("login-replica", "RESTORE", ACCOUNTS, (db) => db.exec("DELETE FROM user"));
    await untilLogged(replica, /Applied snapshot/);
    await replica.instance.waitReady();
    (await connectKuma(replica.instance.url)).close();
    const accounts = "SELECT id, username, password FROM user";
    assert.deepEqual(replica.query(accounts), primary.query(accounts));
    assert.match(said(await replica.command("diff")), /no differences/);
  });

  it("RESTORE_LOCAL_ENTITY_REPLICATION: a replica keeps its own values of the primary's proxies", async () => {
    const primary = await rig.add("sites-primary", "BACKUP", { REPLICATOR_TAKEOVER: "true" }, (db) =>
      db.exec(`UPDATE monitor SET proxy_id = NULL; DELETE FROM proxy;
        INSERT INTO proxy (id, user_id, protocol, host, port, auth)
        VALUES (8, 1, 'http', 'follows', 1, 0), (9, 1, 'http', 'site', 1, 0)`),
    );
    await untilLogged(primary, /Published snapshot/);
    const mode = { REPLICATOR_MODE: "RESTORE_LOCAL_ENTITY_REPLICATION" };
    const replica = await rig.add("sites-replica", "RESTORE", mode, (db) =>
      db.exec("UPDATE monitor SET proxy_id = NULL; DELETE FROM proxy"),
    );
    await untilLogged(replica, /Applied snapshot/);
    await replica.instance.waitReady();
    replica.sql("UPDATE proxy SET host = 'of this site' WHERE id = 9");
    primary.sql("UPDATE proxy SET host = host || '-2'");
    said(await primary.command("sync"));
    said(await replica.command("sync"));
    assert.deepEqual(replica.query("SELECT id, host FROM proxy ORDER BY id"), [
      { id: 8, host: "follows-2" },
      { id: 9, host: "of this site" },
    ]);
    await replica.instance.waitReady();
    assert.match(replica.instance.log(), /Row 9 of table proxy: values of this instance's own stay/);
    assert.match(said(await replica.command("diff")), /of this site/);
    const status = said(await replica.command("status"));
    assert.match(status, /its own +1 of proxies.*with values of its own/);
    assert.match(status, /live +equal to its snapshot/);
  });

  it("REPLICATOR_LOCAL=true: a monitor added on a replica stays through an apply, and is shared by promote", async () => {
    const primary = await rig.add("local-primary", "BACKUP", { REPLICATOR_TAKEOVER: "true" }, (db) =>
      db.exec("UPDATE monitor SET name = 'of the last primary' WHERE id = 1"),
    );
    await untilLogged(primary, /Published snapshot/);
    const replica = await rig.add("local-replica", "RESTORE", { REPLICATOR_LOCAL: "true" });
    await untilLogged(replica, /Applied snapshot/);
    await replica.instance.waitReady();
    const kuma = await connectKuma(replica.instance.url);
    const id = await kuma.addMonitor({ type: "http", name: "here", url: "http://127.0.0.1:9" });
    kuma.close();
    assert.equal(id, 1_000_000_000);
    assert.match(said(await replica.command("diff")), /no differences/);
    primary.sql("UPDATE tag SET color = '#123456'");
    said(await primary.command("sync"));
    said(await replica.command("sync"));
    const find = "SELECT id FROM monitor WHERE name = 'here'";
    assert.deepEqual(replica.query(find), [{ id }]);
    assert.match(
      said(await replica.command("status")),
      /its own +entries that are here alone \(monitors: 1, others: 0\)/,
    );
    await replica.instance.waitReady();
    const refused = await replica.command("promote");
    assert.match(
      refused.stderr,
      /Not promoted: entries are here alone \(monitors: 1, others: 0\).*--share-local/s,
    );
    said(await replica.command("promote", "--share-local"));
    const [shared] = replica.query(find) as { id: number }[];
    assert.ok(shared && shared.id < id);
  });
});
