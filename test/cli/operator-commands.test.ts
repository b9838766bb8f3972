import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Member, makeRig, type Rig, said, untilLogged } from "../support/cli-instance.ts";

const nameOf = (member: Member) => member.query("SELECT name FROM monitor WHERE id = 2");
const named = (name: string) => [{ name }];
const rename = (member: Member, name: string) =>
  member.sql(`UPDATE monitor SET name = '${name}' WHERE id = 2`);
const idIn = (text: string) => /snapshot ([0-9a-f]{8})/.exec(text)?.[1] ?? "";

describe("commands that steer", () => {
  let rig: Rig;
  let primary: Member;
  let replica: Member;
  let first: string;

  before(async () => {
    rig = makeRig();
    [primary, replica] = await rig.addPair();
    first = idIn(primary.instance.log());
    rename(primary, "second");
    said(await primary.command("sync"));
    said(await replica.command("sync"));
    assert.deepEqual(nameOf(replica), named("second"));
  });
  after(() => rig.close());

  it("rollback on a replica: undone, not applied again by itself, and again with --retry", async () => {
    const text = said(await replica.command("rollback", "--yes"));
    assert.match(text, /^Stopping Uptime Kuma to go back[\s\S]*^Went back [\s\S]*configuration before\.$/m);
    assert.deepEqual(nameOf(replica), named("http ok"));
    assert.match(said(await replica.command("sync")), /is not taken here: It was undone on request/);
    assert.deepEqual(nameOf(replica), named("http ok"));
    assert.match(said(await replica.command("status")), /^refused +snapshot [0-9a-f]{8}/m);

    const again = await replica.command("rollback", "--yes");
    assert.equal(again.exitCode, 1);
    assert.match(again.stderr, /no apply to undo/);

    said(await replica.command("sync", "--retry"));
    assert.deepEqual(nameOf(replica), named("second"));
  });

  it("restore on a replica says why not, and where", async () => {
    const { exitCode, stderr } = await replica.command("restore", first, "--yes");
    assert.equal(exitCode, 1);
    assert.match(stderr, /is a replica: what is changed here is overwritten[\s\S]*promote/);
  });

  it("restore: a preview, no answer without a terminal, then there and published", async () => {
    const asked = await primary.command("restore", first);
    assert.equal(asked.exitCode, 1);
    assert.match(asked.stderr, /^ {2}monitor "second" name: "second" → "http ok"$/m);
    assert.match(asked.stderr, /^This changes: 1 monitor changed\.$[\s\S]*Nothing was changed[\s\S]*--yes/m);
    assert.deepEqual(nameOf(primary), named("second"));

    const text = said(await primary.command("restore", first, "--yes"));
    assert.match(text, /^Applied snapshot [\s\S]*^Published snapshot [\s\S]*the replicas follow\.$/m);
    assert.deepEqual(nameOf(primary), named("http ok"));
    said(await replica.command("sync"));
    assert.deepEqual(nameOf(replica), named("http ok"));

    const idle = await primary.command("restore", "latest");
    assert.equal(idle.exitCode, 0);
    assert.match(idle.stdout, /^No differences/);
    assert.equal((await primary.command("restore", "ffffffffff", "--yes")).exitCode, 1);
  });

  it("rollback on the primary undoes a restore, and the next cycle publishes that", async () => {
    said(await primary.command("rollback", "--yes"));
    assert.deepEqual(nameOf(primary), named("second"));
    assert.match(
      said(await primary.command("sync")),
      /^Published snapshot .*: monitor "http ok" renamed to "second"\.$/m,
    );
  });

  it("restore of what Uptime Kuma does not come up with: taken back, and told as a failure", async () => {
    writeFileSync(join(primary.dataDir, "refuse"), "");
    const { exitCode, stdout, stderr } = await primary.command("restore", first, "--yes");
    assert.equal(exitCode, 1, stdout);
    assert.match(stderr, /Kuma did not become ready/);
    assert.deepEqual(nameOf(primary), named("second"));
    await primary.instance.waitReady();
  });

  it("an export that went through a terminal is warned of, and imported all the same", async () => {
    for (const format of ["jsonl", "json"]) {
      const shown = await primary.atTerminal("export", "--format", format);
      assert.match(shown, /^Warning: this goes to a terminal[\s\S]*every\s+password\.\r\n.* exec -T /);
      assert.match(shown, /\r\n/);
      const file = join(rig.folder, `shown.${format}`);
      writeFileSync(file, shown);
      const { exitCode, stdout } = await primary.command("import", file, "--yes");
      assert.deepEqual([exitCode, stdout], [0, "No differences: nothing to do."]);
    }
    const { stderr } = await primary.command("export");
    assert.equal(stderr, "", "nothing to warn of in a pipe");
  });

  it("export and import: out, changed by hand, in again, published", async () => {
    const lines = said(await primary.command("export"));
    const json = said(await primary.command("export", "--format", "json"));
    const statements = said(await primary.command("export", "--format", "sql"));
    assert.ok(/^INSERT INTO "monitor" /m.test(statements) && statements.includes("'second'"));
    assert.ok(said(await primary.command("export", first)).includes('"http ok"'));

    const edited = json.replace('"second"', "\"imported; 'x'\"");
    const text = said(await primary.commandWith(edited, "import", "-", "--yes"));
    assert.match(text, /^Applied snapshot imported[\s\S]*^Published snapshot /m);
    assert.deepEqual(nameOf(primary), named("imported; 'x'"));

    const file = join(rig.folder, "export.jsonl");
    writeFileSync(file, `${lines}\n`);
    said(await primary.command("import", file, "--yes"));
    assert.deepEqual(nameOf(primary), named("second"));

    for (const [input, why] of [
      [lines.slice(0, -200), /no end mark/],
      [statements, /^The file is not one that export wrote/],
      ['{"format":1}', /not an export of Replicator Kuma/],
    ] as const) {
      const refused = await primary.commandWith(input, "import", "-", "--yes");
      assert.equal(refused.exitCode, 1);
      assert.match(refused.stderr, why);
    }
    assert.match((await primary.command("import", "/no/such/file")).stderr, /cannot be read/);
    const onReplica = await replica.commandWith(json, "import", "-", "--yes");
    assert.equal(onReplica.exitCode, 1);
    assert.match(onReplica.stderr, /is a replica/);
  });

  it("promote and demote: the roles change places, and keep them across restarts", async () => {
    const promoted = said(await replica.command("promote"));
    assert.match(promoted, /^Applied snapshot [\s\S]*^Published snapshot [\s\S]*is the primary now/m);
    assert.match(said(await replica.command("promote")), /the primary already/);
    assert.deepEqual(nameOf(replica), named("second"), "the latest came first");

    rename(primary, "too late");
    const refused = await primary.command("sync");
    assert.equal(refused.exitCode, 1);
    assert.match(refused.stderr, /by "nyc"[\s\S]*one primary/);
    const kept = await primary.command("demote");
    assert.equal(kept.exitCode, 1, kept.stdout);
    assert.match(
      kept.stderr,
      /Not demoted.*\(monitor ".+" renamed to "too late" since snapshot [0-9a-f]{8}\).*by "nyc"/,
    );
    assert.match(kept.stderr, /demote --yes/);
    assert.match(said(await primary.command("status")), /^fra +primary/m);
    const demoted = said(await primary.command("demote", "--yes"));
    assert.match(
      demoted,
      /is a replica now[\s\S]*Not published, and given up: monitor ".+" renamed to "too late"/,
    );
    said(await primary.command("sync"));
    assert.deepEqual(nameOf(primary), named("second"), "it follows");

    rename(replica, "by the new primary");
    said(await replica.command("sync"));
    await replica.restart();
    await primary.restart();
    assert.match(said(await replica.command("status")), /^nyc +primary, by a command [\d.]+ s ago/m);
    await untilLogged(primary, /is a replica, because a command made it so/);
    assert.match(said(await primary.command("status")), /^fra +replica, by a command/m);
    said(await primary.command("sync"));
    assert.deepEqual(nameOf(primary), named("by the new primary"));
    assert.match(said(await primary.command("status")), /^published by +nyc, since/m);

    await replica.restart({ REPLICATOR_MODE: "BACKUP" });
    await replica.restart({ REPLICATOR_MODE: "RESTORE" });
    assert.match(said(await replica.command("status")), /^nyc +replica; up/m, "the environment changed");
  });

  it("promote --as-is shows what every replica would lose, asks, and takes over with what is here", async () => {
    rename(replica, "mine");
    const asked = await replica.command("promote", "--as-is");
    assert.equal(asked.exitCode, 1, asked.stdout);
    assert.match(asked.stderr, /^On every replica, in place of the latest snapshot [0-9a-f]{8} of "nyc":$/m);
    assert.match(asked.stderr, /^ {2}monitor ".*" name: "by the new primary" → "mine"$/m);
    assert.match(asked.stderr, /^This changes: 1 monitor changed\.$[\s\S]*Nothing was changed[\s\S]*--yes/m);
    assert.match(said(await replica.command("status")), /^nyc +replica/m);
    said(await replica.command("promote", "--as-is", "--yes"));
    assert.deepEqual(nameOf(replica), named("mine"));
    said(await primary.command("sync"));
    assert.deepEqual(nameOf(primary), named("mine"));
  });
});
