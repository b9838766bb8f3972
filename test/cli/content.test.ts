import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Member, makeRig, type Rig, said, untilLogged } from "../support/cli-instance.ts";

const ALL_ZONES = "SELECT DISTINCT timezone FROM maintenance";

describe("what a primary publishes", () => {
  let rig: Rig;
  let primary: Member;

  before(async () => {
    rig = makeRig();
    primary = await rig.add("fra", "BACKUP", { TZ: "Europe/Berlin" });
    await untilLogged(primary, /Published snapshot/);
  });
  after(() => rig.close());

  const edited = async (member: Member) => JSON.parse(said(await member.command("status", "--json"))).edited;

  it("leaves out what points at nothing, says so once, and a new replica takes it", async () => {
    primary.sql("PRAGMA foreign_keys = OFF; DELETE FROM notification WHERE id = 1");
    said(await primary.command("sync"));
    await untilLogged(primary, /Published without a part\. Rows? .* of table monitor_notification: left out/);
    const doctor = await primary.command("doctor");
    assert.match(doctor.stdout, /^warn +content +Published without a part\. .*monitor_notification/m);

    primary.sql("UPDATE tag SET name = 'another'");
    said(await primary.command("sync"));
    assert.equal(primary.instance.log().match(/Published without a part/g)?.length, 1);

    const replica = await rig.add("nyc", "RESTORE", { TZ: "America/New_York" });
    await untilLogged(replica, /Applied snapshot/);
    assert.deepEqual(replica.query("PRAGMA foreign_key_check(monitor_notification)"), []);
    assert.deepEqual(replica.query("SELECT DISTINCT name FROM tag"), [{ name: "another" }]);
    assert.deepEqual([await edited(primary), await edited(replica)], [false, false]);

    assert.deepEqual(replica.query(ALL_ZONES), [{ timezone: "Europe/Berlin" }]);
    assert.deepEqual(primary.query(ALL_ZONES), [{ timezone: "SAME_AS_SERVER" }]);
  });

  it("is not edited on a replica whose Kuma has another column, until somebody edits it", async () => {
    const replica = await rig.add("syd", "RESTORE");
    await untilLogged(replica, /Applied snapshot/);
    replica.sql("ALTER TABLE monitor ADD COLUMN of_another_release TEXT");
    assert.equal(await edited(replica), false);
    replica.sql("UPDATE monitor SET name = 'by hand' WHERE id = 1");
    assert.equal(await edited(replica), true);
  });

  it("is not what a replica would refuse: it names all such rows, and the doctor does", async () => {
    const link = "monitor SET later = 987 WHERE id IN (3, 5)";
    primary.sql("ALTER TABLE monitor ADD COLUMN later INTEGER REFERENCES tag (id)");
    primary.sql(`PRAGMA foreign_keys = OFF; UPDATE ${link}`);
    const refused = await primary.command("sync");
    assert.equal(refused.exitCode, 1);
    const named = /no replica would take it\. Rows 3, 5 of table monitor: later names a row of tag/;
    assert.match(refused.stderr, named);
    assert.match(
      (await primary.command("doctor")).stdout,
      new RegExp(`^error +content +.*${named.source}`, "m"),
    );

    primary.sql("UPDATE monitor SET later = NULL");
    said(await primary.command("sync"));
    assert.equal(await edited(primary), false);
  });
});
