import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Member, makeRig, type Rig, said, untilLogged } from "../support/cli-instance.ts";

const NEW = 900;
const COLUMNS = "name, type, url, user_id, active, interval";

/** One more monitor, as Kuma would add it. */
const addMonitor = (member: Member) =>
  member.sql(`INSERT INTO monitor (id, ${COLUMNS}) SELECT ${NEW}, 'shop', type, 'https://shop.example', user_id, active, interval
    FROM monitor WHERE id = 2`);
const monitors = (member: Member) => member.query("SELECT id FROM monitor ORDER BY id").length;
const beats = (member: Member) => member.query("SELECT id, monitor_id, msg FROM heartbeat ORDER BY id");
const orphans = (member: Member) =>
  member.query("SELECT id FROM heartbeat WHERE monitor_id NOT IN (SELECT id FROM monitor)");

describe("rollback", () => {
  let rig: Rig;
  let primary: Member;
  let replica: Member;
  let count: number;

  before(async () => {
    rig = makeRig();
    primary = await rig.add("fra", "BACKUP");
    await untilLogged(primary, /Published snapshot/);
    replica = await rig.add("nyc", "RESTORE");
    await untilLogged(replica, /Applied snapshot|nothing differs|No difference/i);
    count = monitors(primary);
    addMonitor(primary);
    said(await primary.command("sync"));
    said(await replica.command("sync"));
    assert.equal(monitors(replica), count + 1);
  });
  after(() => rig.close());

  it("of a promoted replica whose new monitor got links: named before, gone after, and replicas follow", async () => {
    said(await replica.command("promote"));
    said(await primary.command("demote"));
    replica.sql(`
      UPDATE monitor SET name = 'shop in Berlin' WHERE id = ${NEW};
      INSERT INTO monitor_tag (monitor_id, tag_id, value) VALUES (${NEW}, 1, 'eu');
      INSERT INTO monitor_notification (monitor_id, notification_id) VALUES (${NEW}, 1);
      INSERT INTO monitor_group (monitor_id, group_id) VALUES (${NEW}, 1);
    `);
    said(await replica.command("sync"));
    said(await primary.command("sync"));
    assert.equal(monitors(primary), count + 1);

    const asked = await replica.command("rollback");
    assert.equal(asked.exitCode, 1, asked.stdout);
    assert.match(asked.stderr, /^Undoes the apply of snapshot [0-9a-f]{8}, [\d.]+ (s|min).* ago \(2\d{3}-/m);
    assert.match(asked.stderr, /^ {2}monitor "shop in Berlin" removed$/m);
    assert.match(asked.stderr, /^ {2}edited since then: monitor "shop in Berlin"$/m);
    for (const what of ['tag ".*" \\("eu"\\)', 'notification ".*"', 'monitor "shop in Berlin" in group ".*"'])
      assert.match(asked.stderr, new RegExp(`added since then, removed with what it belongs to: ${what}`));
    assert.match(asked.stderr, /^This changes: 1 monitor removed, 1 notification assignment removed/m);
    assert.match(asked.stderr, /Nothing was changed[\s\S]*--yes/);
    assert.equal(monitors(replica), count + 1);

    said(await replica.command("rollback", "--yes"));
    assert.equal(monitors(replica), count);
    assert.match(said(await replica.command("sync")), /Published snapshot/);
    said(await primary.command("sync"));
    assert.equal(monitors(primary), count);
    for (const member of [replica, primary])
      assert.deepEqual(member.query("SELECT 1 FROM pragma_foreign_key_check WHERE parent <> 'user'"), []);

    const again = await replica.command("rollback", "--yes");
    assert.equal(again.exitCode, 1);
    assert.match(again.stderr, /no apply to undo/);
  });

  it("brings a removed monitor back with its history, also after the proof", async () => {
    // The roles have changed: `replica` is the primary now.
    const had = beats(primary);
    assert.ok(had.length > 0);
    replica.sql("PRAGMA foreign_keys = ON; DELETE FROM monitor WHERE id = 14");
    said(await replica.command("sync"));
    said(await primary.command("sync"));
    said(await primary.command("sync"));
    assert.equal(monitors(primary), count - 1);
    said(await primary.command("rollback", "--yes"));
    assert.equal(monitors(primary), count);
    assert.deepEqual(beats(primary), had);
  });

  it("history of removed monitors does not meet a migration of Kuma", async () => {
    said(await primary.command("sync", "--retry"));
    assert.equal(monitors(primary), count - 1);
    assert.notDeepEqual(orphans(primary), []);
    await primary.restart();
    assert.notDeepEqual(orphans(primary), []);
    writeFileSync(join(rig.folder, "kuma", "db", "knex_migrations", "2099-01-01-to-come.js"), "");
    await primary.restart();
    assert.deepEqual(orphans(primary), []);
    const shown = await primary.command("rollback");
    assert.match(shown.stderr, /The history of the monitor that comes back is gone/);
  });
});
