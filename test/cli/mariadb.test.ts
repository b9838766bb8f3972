import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Member, makeRig, type Rig, said, untilLogged } from "../support/cli-instance.ts";
import { chooseMariaDb } from "../support/kuma/on-mariadb.ts";
import { queryMariaDb, readMariaDbTables, withNumbers } from "../support/mariadb-rows.ts";
import { SIDE_BY_SIDE, startMariadbd, type TestMariaDb } from "../support/mariadbd.ts";
import { freePort } from "../support/ports.ts";
import { readReplicatedTables } from "../support/rows.ts";

const DATABASE = "nyc";
const idIn = (text: string) => /snapshot ([0-9a-f]{8})/.exec(text)?.[1] ?? "";

/** A real Kuma 2.5.3 in KUMA_DIR runs in place of the stand-in: the way to see all of this with it. */
describe("every command, with one instance on MariaDB and one on SQLite", () => {
  let rig: Rig;
  let mariadb: TestMariaDb;
  /** On SQLite, the primary at first. */
  let fra: Member;
  /** On MariaDB. */
  let nyc: Member;
  let adopted: string;

  before(async () => {
    const port = await freePort();
    mariadb = await startMariadbd(`--port=${port}`, "--bind-address=127.0.0.1");
    await mariadb.create(DATABASE, SIDE_BY_SIDE.mariadb);
    // Somebody else's: three monitors, each with history.
    await mariadb.run(
      DATABASE,
      `DELETE FROM monitor WHERE id > 3; DELETE FROM monitor_tag WHERE monitor_id > 3;
      DELETE FROM monitor_notification WHERE monitor_id > 3; DELETE FROM monitor_group WHERE monitor_id > 3;
      DELETE FROM monitor_maintenance WHERE monitor_id > 3; DELETE FROM heartbeat WHERE monitor_id > 3;
      UPDATE monitor SET type = 'ping', name = CONCAT('mine ', id), hostname = '192.0.2.1', url = NULL, parent = NULL`,
    );
    rig = makeRig(process.env.KUMA_DIR);
    fra = await rig.add("fra", "BACKUP");
    await untilLogged(fra, /Published snapshot/);
    const env = chooseMariaDb(join(rig.folder, "nyc"), port, { dbName: DATABASE });
    nyc = await rig.add("nyc", "RESTORE", env);
  });
  after(async () => {
    await rig?.close();
    await mariadb?.close();
  });

  const onMariaDb = (sql: string) => queryMariaDb(mariadb.socket, DATABASE, sql);
  const nameOnMariaDb = async () => (await onMariaDb("SELECT name FROM monitor WHERE id = 2"))[0]?.name;
  async function assertEqual(): Promise<void> {
    const sqlite = readReplicatedTables(join(fra.dataDir, "kuma.db"));
    assert.deepEqual(await readMariaDbTables(mariadb.socket, DATABASE, sqlite), withNumbers(sqlite));
  }

  it("adopt: nothing is taken before, all after it; rollback brings back rows and history", async () => {
    await untilLogged(nyc, /would remove or replace monitor "mine 1", monitor "mine 2", monitor "mine 3"/);
    assert.match((await nyc.command("doctor")).stdout, /error +first contact +Not applied/);
    const beats = await onMariaDb("SELECT id, monitor_id, time FROM heartbeat ORDER BY id");
    assert.ok(beats.length > 0);
    const shown = await nyc.command("adopt");
    assert.match(shown.stderr, /^ {2}monitor "mine 2" removed$[\s\S]*^ {2}monitor "http ok" added$/m);
    assert.match(said(await nyc.command("adopt", "--replace", "--yes")), /^Applied snapshot /m);
    await assertEqual();
    const of = "SELECT COUNT(*) AS count FROM heartbeat WHERE monitor_id = 2 AND time < '2026-11-27'";
    assert.deepEqual(await onMariaDb(of), [{ count: 0 }], "no monitor has the history of another");
    said(await nyc.command("rollback", "--yes"));
    assert.equal(await nameOnMariaDb(), "mine 2");
    const back = new Set(
      (await onMariaDb("SELECT id, monitor_id, time FROM heartbeat")).map((row) => JSON.stringify(row)),
    );
    assert.ok(
      beats.every((row) => back.has(JSON.stringify(row))),
      "each heartbeat is its monitor's again",
    );
    said(await nyc.command("adopt", "--replace", "--yes"));
    adopted = idIn(nyc.instance.log());
    await assertEqual();
  });

  it("diff and sync: an edit on either engine is told by name", async () => {
    assert.match(said(await nyc.command("diff")), /: no differences$/);
    await mariadb.run(DATABASE, "UPDATE monitor SET name = 'edited here' WHERE id = 2");
    const diff = await nyc.command("diff", "--exit-code");
    assert.equal(diff.exitCode, 1);
    assert.match(diff.stdout, /^monitor "http ok" name: "http ok" → "edited here"$/m);
    fra.sql("UPDATE monitor SET name = 'second' WHERE id = 2");
    said(await fra.command("sync"));
    assert.match(said(await nyc.command("sync")), /^Applied snapshot [0-9a-f]{8}/m);
    await assertEqual();
  });

  it("rollback on a replica: previewed, undone, refused from then on, and taken again with sync --retry", async () => {
    const asked = await nyc.command("rollback");
    assert.match(asked.stderr, /monitor "second" name: "second" → "edited here"/);
    said(await nyc.command("rollback", "--yes"));
    assert.equal(await nameOnMariaDb(), "edited here");
    assert.match(said(await nyc.command("sync")), /is not taken here: It was undone on request/);
    said(await nyc.command("sync", "--retry"));
    await assertEqual();
  });

  it("promote goes through: the latest snapshot first, then a publish of its own; demote", async () => {
    fra.sql("UPDATE monitor SET name = 'third' WHERE id = 2");
    said(await fra.command("sync"));
    const promoted = said(await nyc.command("promote"));
    assert.match(promoted, /^Applied snapshot [\s\S]*^Published snapshot [\s\S]*is the primary now/m);
    assert.equal(await nameOnMariaDb(), "third");
    said(await fra.command("demote", "--yes"));
    await mariadb.run(DATABASE, "UPDATE monitor SET name = 'by MariaDB' WHERE id = 2");
    said(await nyc.command("sync"));
    said(await fra.command("sync"));
    await assertEqual();
    assert.deepEqual(fra.query("SELECT name FROM monitor WHERE id = 2"), [{ name: "by MariaDB" }]);
  });

  it("restore: there, published and followed; rollback on the primary undoes it", async () => {
    const asked = await nyc.command("restore", adopted);
    assert.match(asked.stderr, /^ {2}monitor "by MariaDB" name: "by MariaDB" → "http ok"$/m);
    const text = said(await nyc.command("restore", adopted, "--yes"));
    assert.match(text, /^Applied snapshot [\s\S]*^Published snapshot [\s\S]*the replicas follow\.$/m);
    assert.equal(await nameOnMariaDb(), "http ok");
    said(await fra.command("sync"));
    await assertEqual();
    said(await nyc.command("rollback", "--yes"));
    assert.equal(await nameOnMariaDb(), "by MariaDB");
    said(await nyc.command("sync"));
    said(await fra.command("sync"));
    await assertEqual();
  });

  it("import takes an edited export, and what the other engine has exported is no difference", async () => {
    const json = said(await nyc.command("export", "--format", "json"));
    const edited = json.replace('"by MariaDB"', `"imported; 'x' \\\\ null"`);
    const text = said(await nyc.commandWith(edited, "import", "-", "--yes"));
    assert.match(text, /^Applied snapshot imported[\s\S]*^Published snapshot /m);
    assert.equal(await nameOnMariaDb(), "imported; 'x' \\ null");
    said(await fra.command("sync"));
    await assertEqual();

    const ofSqlite = said(await fra.command("export"));
    const idle = await nyc.commandWith(ofSqlite, "import", "-", "--yes");
    assert.deepEqual([idle.exitCode, idle.stdout], [0, "No differences: nothing to do."], idle.stderr);
    const ofMariaDb = said(await nyc.command("export"));
    said(await fra.command("promote"));
    said(await nyc.command("demote", "--yes"));
    fra.sql("UPDATE monitor SET name = 'to be gone' WHERE id = 2");
    assert.match(
      said(await fra.commandWith(ofMariaDb, "import", "-", "--yes")),
      /^Applied snapshot imported/m,
    );
    said(await nyc.command("sync"));
    await assertEqual();
    assert.equal(await nameOnMariaDb(), "imported; 'x' \\ null");
  });

  it("doctor looks into MariaDB: its place, history without a monitor, and the time zone", async () => {
    const well = await nyc.command("doctor");
    assert.match(well.stdout, /^ok +database +MariaDB, nyc at 127\.0\.0\.1:\d+, answers\.$/m);
    assert.match(well.stdout, /^ok +history +Every row belongs to a monitor\.$/m);
    await mariadb.run(
      DATABASE,
      "INSERT INTO heartbeat (monitor_id, status, time) VALUES (9999, 1, '2026-01-01 00:00:00')",
      "DELETE FROM setting WHERE `key` = 'serverTimezone'",
      "INSERT INTO setting (`key`, value, type) VALUES ('serverTimezone', '\"America/New_York\"', 'general')",
    );
    const { stdout } = await nyc.commandIn({ TZ: "Europe/Berlin", COLUMNS: "1000" }, "doctor");
    assert.match(stdout, /^warn +history +heartbeat has 1 row of monitors that do not exist/m);
    assert.match(
      stdout,
      /^warn +time zone +TZ is Europe\/Berlin, but Uptime Kuma's setting is America\/New_York/m,
    );
    const advised = /run with the mariadb client: (DELETE .*;)/.exec(stdout)?.[1];
    assert.ok(advised, stdout);
    await mariadb.run(DATABASE, advised);
    assert.match((await nyc.command("doctor")).stdout, /^ok +history /m, "the advice helps");
  });
});
