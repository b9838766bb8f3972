import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { publishAsBash } from "../support/bash-publisher.ts";
import { at, V1 } from "../support/bash-samples.ts";
import { type Member, makeRig, PASSWORD, type Rig, said } from "../support/cli-instance.ts";
import { makeRepository, resticEnvironment } from "../support/repository.ts";

describe("commands, and what a bash version published", () => {
  let rig: Rig;
  let primary: Member;
  let id: string;

  before(async () => {
    rig = makeRig();
    await makeRepository(rig.repository);
    id = await publishAsBash(rig.repository, at("kuma-dbs/2.3.2.db"), { form: "exports" });
    const { RESTIC_PASSWORD = PASSWORD } = resticEnvironment(rig.repository);
    primary = await rig.add("primary", "BACKUP", { RESTIC_PASSWORD }, (db) =>
      db.exec("UPDATE monitor SET name = 'edited here' WHERE id = 2"),
    );
    await primary.command("sync");
  });
  after(() => rig.close());

  it("snapshots lists it, marked", async () => {
    const list = said(await primary.command("snapshots"));
    assert.match(list, new RegExp(`^${id.slice(0, 8)} .*old-primary \\(bash\\) +2\\.x +\\d+`, "m"));
    const entries = JSON.parse(said(await primary.command("snapshots", "--json")));
    assert.deepEqual(
      entries.map(({ bash, latest }: { bash: boolean; latest: boolean }) => ({ bash, latest })),
      [
        { bash: false, latest: true },
        { bash: true, latest: false },
      ],
    );
  });

  it("diff compares it in what it speaks of", async () => {
    const lines = said(await primary.command("diff", id.slice(0, 8), "live"));
    assert.match(lines, /monitor "http ok" name: "http ok" → "edited here"/);
    assert.doesNotMatch(lines, /Docker host|domain|removed/);
  });

  it("export writes it, and import takes that", async () => {
    const exported = said(await primary.command("export", id.slice(0, 8)));
    const plan = await primary.commandWith(exported, "import", "-");
    assert.match(plan.stderr, /"edited here" → "http ok"/);
    const json = said(await primary.command("export", id.slice(0, 8), "--format", "json"));
    assert.deepEqual(JSON.parse(json).omits, ["docker_host", "status_page_cname", "file"]);
    assert.match((await primary.commandWith(json, "import", "-")).stderr, /"edited here" → "http ok"/);
  });

  it("restore goes back to it, and publishes that", async () => {
    const hosts = primary.query("SELECT * FROM docker_host");
    said(await primary.command("restore", id.slice(0, 8), "--yes"));
    assert.deepEqual(primary.query("SELECT name FROM monitor WHERE id = 2"), [{ name: "http ok" }]);
    assert.deepEqual(primary.query("SELECT * FROM docker_host"), hosts);
    const entries = JSON.parse(said(await primary.command("snapshots", "--json", "--quick")));
    assert.equal(entries.length, 3);
    const status = said(await primary.command("status"));
    assert.match(status, /up to date/);
  });

  it("import takes a backup.sql, and refuses a broken one with the reason", async () => {
    const dump = readFileSync(at(V1), "utf8");
    said(await primary.commandWith(dump, "import", "-", "--yes"));
    assert.deepEqual(primary.query("SELECT count(*) AS n FROM monitor"), [{ n: 14 }]);
    const cut = await primary.commandWith(dump.slice(0, 9_000), "import", "-", "--yes");
    assert.equal(cut.exitCode, 1);
    assert.match(cut.stderr, /The file of the bash version is not whole: its dump is cut off/);
    const hostile = await primary.commandWith(`${dump}ATTACH '/tmp/x' AS x;\n`, "import", "-", "--yes");
    assert.match(hostile.stderr, /not written by the bash version/);
  });

  it("doctor reports one that still publishes", async () => {
    assert.doesNotMatch(said(await primary.command("doctor")), /bash version/);
    const time = new Date(Date.now() + 10 * 60_000);
    await publishAsBash(rig.repository, at("kuma-dbs/2.3.2.db"), { form: "exports" }, { time });
    assert.match((await primary.command("doctor")).stdout, /"old-primary" goes on publishing/);
  });
});
