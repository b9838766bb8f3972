import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type Database from "better-sqlite3";
import { type Member, makeRig, type Rig, said, untilLogged } from "../support/cli-instance.ts";
import { readReplicated } from "../support/rows.ts";

/** Makes the database that of somebody who never heard of the primary: three monitors with a tag and a notification. */
function standAlone(db: Database.Database): void {
  db.exec(`DELETE FROM monitor WHERE id > 3;
    DELETE FROM status_page; DELETE FROM "group"; DELETE FROM incident;
    DELETE FROM maintenance;
    UPDATE monitor SET type = 'ping', name = 'router', hostname = '192.0.2.1' WHERE id = 1;
    UPDATE monitor SET name = 'my shop', url = 'https://shop.example/' WHERE id = 2;
    UPDATE monitor SET name = 'my site', url = 'https://site.example/' WHERE id = 3;
    INSERT INTO heartbeat (monitor_id, status, time, important) VALUES (1, 1, '2026-01-01 00:00:00', 1), (2, 1, '2026-01-01 00:00:00', 1);`);
}

/** The primary's own, but for one monitor that somebody has added, with a notification. */
function withOneMore(db: Database.Database): void {
  db.exec(`INSERT INTO monitor (id, name, type, url, user_id) VALUES (77, 'added here', 'http', 'https://x.example/', 1);
    INSERT INTO monitor_notification (monitor_id, notification_id) VALUES (77, 1);`);
}

const rowsOf = (member: Member) => readReplicated(join(member.dataDir, "kuma.db"));
/** How many heartbeats each monitor that exists has. */
const beatsOf = (member: Member) =>
  member.query(
    "SELECT monitor_id, count(*) AS beats FROM heartbeat JOIN monitor ON monitor.id = monitor_id GROUP BY 1",
  );
const startsOf = (member: Member) => member.instance.log().match(/Starting Uptime Kuma/g)?.length;
const LOST = /would remove or replace monitor "router", monitor "my shop", monitor "my site"/;

describe("first contact", () => {
  let rig: Rig;
  let primary: Member;

  before(async () => {
    rig = makeRig();
    primary = await rig.add("fra", "BACKUP");
    await untilLogged(primary, /Published snapshot/);
  });
  after(() => rig.close());

  for (const [what, mode] of [
    ["the default mode", ""],
    ["a typo in REPLICATOR_MODE", "BACKUPS"],
  ] as const)
    it(`${what}: a stand-alone Uptime Kuma keeps its monitors, runs, and is told how to go on`, async () => {
      const alone = await rig.add(
        `alone-${mode}`,
        "RESTORE",
        { REPLICATOR_MODE: mode, RESTORE_INTERVAL: "5s" },
        standAlone,
      );
      const mine = rowsOf(alone);
      await untilLogged(alone, LOST);
      const synced = await alone.command("sync");
      assert.equal(synced.exitCode, 1);
      assert.match(synced.stderr, /Not applied[\s\S]*adopt --replace[\s\S]*REPLICATOR_ADOPT=replace/);
      assert.equal(alone.instance.log().match(/Not applied/g)?.length, 1, "told once");
      assert.match(said(await alone.command("status")), /^last error +Not applied.*\n +do this +.*adopt/m);
      assert.match((await alone.command("doctor")).stdout, /error +first contact +Not applied/);
      assert.match(said(await alone.command("health")), /^healthy: /);
      const promoted = await alone.command("promote");
      assert.equal(promoted.exitCode, 1);
      assert.match(promoted.stderr, /Not applied/);
      const asIs = await alone.command("promote", "--as-is");
      assert.equal(asIs.exitCode, 1);
      assert.match(
        asIs.stderr,
        /"http ok" removed$[\s\S]*"my shop" added$[\s\S]*Nothing was changed[\s\S]*--yes/m,
      );
      assert.deepEqual(rowsOf(alone), mine);
      assert.equal(startsOf(alone), 1);
      await alone.instance.stop();
    });

  it("adopt: a preview, a question, then in place; rollback brings back all, and nothing takes it again", async () => {
    const alone = await rig.add("adopts", "RESTORE", {}, standAlone);
    const mine = rowsOf(alone);
    const beats = beatsOf(alone);
    await untilLogged(alone, LOST);

    const shown = await alone.command("adopt");
    assert.equal(shown.exitCode, 0);
    assert.match(shown.stderr, /^ {2}monitor "my shop" removed$[\s\S]*^ {2}monitor "http ok" added$/m);
    assert.match(shown.stdout, /Nothing was changed. Add --replace/);
    const asked = await alone.command("adopt", "--replace");
    assert.equal(asked.exitCode, 1);
    assert.match(asked.stderr, /"router" removed[\s\S]*Nothing was changed[\s\S]*--yes/);
    assert.deepEqual(rowsOf(alone), mine);

    const text = said(await alone.command("adopt", "--replace", "--yes"));
    assert.match(text, /^Applied snapshot /m);
    assert.match(text, /removed or replaced monitor "router", .*`replicator-kuma rollback`/);
    assert.deepEqual(rowsOf(alone), rowsOf(primary));
    assert.deepEqual(
      beatsOf(alone),
      [],
      "no monitor has the history of another, though the id and the type are its own",
    );
    assert.match(said(await alone.command("adopt", "--replace", "--yes")), /nothing to adopt/);

    said(await alone.command("rollback", "--yes"));
    assert.deepEqual(rowsOf(alone), mine);
    assert.deepEqual(beatsOf(alone), beats);
    primary.sql("UPDATE monitor SET name = 'second' WHERE id = 2");
    said(await primary.command("sync"));
    assert.equal((await alone.command("sync")).exitCode, 1);
    await alone.restart();
    assert.deepEqual(rowsOf(alone), mine, "a restart does not take it either");
    await alone.instance.stop();
  });

  it("REPLICATOR_ADOPT=replace: in place unattended, with what goes named in the log", async () => {
    const alone = await rig.add("unattended", "RESTORE", { REPLICATOR_ADOPT: "replace" }, standAlone);
    await untilLogged(alone, /removed or replaced monitor "router"/);
    assert.deepEqual(rowsOf(alone), rowsOf(primary));
    await alone.instance.stop();
  });

  it("adopt --keep: what is here stays as its own, with its history; rollback gives it back, applies leave it", async () => {
    const local = { REPLICATOR_LOCAL: "true" };
    const alone = await rig.add("keeps", "RESTORE", local, standAlone);
    const mine = rowsOf(alone);
    const beats = beatsOf(alone) as { monitor_id: number }[];
    await untilLogged(alone, LOST);
    const refused = await alone.commandIn({ REPLICATOR_LOCAL: "" }, "adopt", "--keep", "--yes");
    assert.equal(refused.exitCode, 1);
    assert.match(refused.stderr, /REPLICATOR_LOCAL is not on.*REPLICATOR_LOCAL=true/s);
    assert.equal((await alone.command("adopt", "--keep", "--replace")).exitCode, 2);
    const asked = await alone.command("adopt", "--keep");
    assert.match(
      asked.stderr,
      /"router" stays, as this replica's own$[\s\S]*"keyword" added$[\s\S]*Nothing was changed/m,
    );
    assert.deepEqual(rowsOf(alone), mine);

    const text = said(await alone.command("adopt", "--keep", "--yes"));
    assert.match(text, /What was here stays, as this instance's own \(monitors: 3, others: \d+\)/);
    const back = await alone.command("rollback", "--yes");
    assert.match(back.stderr, /→ "my shop"$[\s\S]*"keyword" removed$/m);
    said(back);
    assert.deepEqual(rowsOf(alone), mine);
    assert.deepEqual(beatsOf(alone), beats);

    primary.sql("UPDATE monitor SET name = 'third' WHERE id = 2");
    said(await primary.command("sync"));
    assert.equal((await alone.command("sync")).exitCode, 1, "it has to be agreed to again");
    said(await alone.command("adopt", "--keep", "--yes"));
    primary.sql("UPDATE monitor SET name = 'fourth' WHERE id = 2");
    said(await primary.command("sync"));
    said(await alone.command("sync"));
    const insistKept = async () => {
      assert.deepEqual(alone.query("SELECT name FROM monitor WHERE id >= 1000000000 OR id = 2 ORDER BY id"), [
        { name: "fourth" },
        ...["router", "my shop", "my site"].map((name) => ({ name })),
      ]);
      assert.deepEqual(
        beatsOf(alone),
        beats.map((row) => ({ ...row, monitor_id: row.monitor_id + 1_000_000_000 })),
      );
      assert.match(
        said(await alone.command("status")),
        /its own +entries that are here alone \(monitors: 3, others: \d+\)/,
      );
      assert.match(
        said(await alone.command("diff")),
        /no differences[\s\S]*live has of its own, not compared: entries that are here alone/,
      );
      const { stdout } = await alone.command("doctor");
      assert.match(stdout, /ok +its own +entries that are here alone \(monitors: 3,/);
    };
    await insistKept();
    await alone.restart();
    await insistKept();
    assert.match(said(await alone.command("adopt", "--keep", "--yes")), /nothing to adopt/);
    await alone.restart({ REPLICATOR_LOCAL: "" });
    await untilLogged(
      alone,
      /table monitor: added here while REPLICATOR_LOCAL was on, and removed, since it is off; `rollback`/,
    );
    said(await alone.command("rollback", "--yes"));
    assert.equal(alone.query("SELECT 1 FROM monitor WHERE name = 'my shop'").length, 1);
    assert.match(
      (await alone.command("doctor")).stdout,
      /warn +its own +.*REPLICATOR_LOCAL.*off, so the next apply removes them/,
    );
    await alone.instance.stop();
  });

  it("a follower is applied to as ever, what it loses is named, and rollback brings it back whole", async () => {
    const mover = await rig.add("mover", "RESTORE", {}, withOneMore);
    await untilLogged(mover, /removed or replaced monitor "added here"/);
    assert.equal(startsOf(mover), 1, "applied before the first start");
    assert.deepEqual(rowsOf(mover), rowsOf(primary));
    said(await mover.command("rollback", "--yes"));
    assert.deepEqual(mover.query("SELECT name FROM monitor WHERE id = 77"), [{ name: "added here" }]);
    assert.equal(mover.query("SELECT 1 FROM monitor_notification WHERE monitor_id = 77").length, 1);
    await mover.instance.stop();
  });

  it("no monitor, but a notification that somebody made: asked about, too", async () => {
    const begun = await rig.add("begun", "RESTORE", {}, (db) =>
      db.exec(`DELETE FROM monitor; DELETE FROM status_page; DELETE FROM maintenance; DELETE FROM tag;
        DELETE FROM proxy; DELETE FROM docker_host; DELETE FROM remote_browser;
        DELETE FROM notification WHERE id > 1; UPDATE notification SET name = 'my phone', config = '{}'`),
    );
    await untilLogged(begun, /would remove or replace notification "my phone"\./);
    begun.sql("DELETE FROM notification");
    said(await begun.command("sync"));
    assert.deepEqual(rowsOf(begun), rowsOf(primary), "with nothing here there is nothing to ask");
    await begun.instance.stop();
  });

  it("a primary has nothing to adopt", async () => {
    const { exitCode, stderr } = await primary.command("adopt", "--replace", "--yes");
    assert.equal(exitCode, 1);
    assert.match(stderr, /is the primary/);
  });
});
