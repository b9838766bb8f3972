import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Member, makeRig, PASSWORD, type Rig, said, untilLogged } from "../support/cli-instance.ts";

interface Found {
  readonly check: string;
  readonly status: string;
  readonly message: string;
  readonly advice?: string;
}

describe("doctor", () => {
  let rig: Rig;
  let primary: Member;

  before(async () => {
    rig = makeRig();
    primary = await rig.add("fra", "BACKUP");
    await untilLogged(primary, /Published snapshot/);
  });
  after(() => rig.close());

  const find = (json: string, check: string) =>
    (JSON.parse(json) as Found[]).find((found) => found.check === check);

  it("goes through everything, and says ok where it is", async () => {
    const text = said(await primary.command("doctor"));
    for (const check of [
      "settings",
      "instance",
      "database",
      "restic",
      "repository",
      "latest snapshot",
      "primaries",
      "clock",
      "permissions",
      "disk",
      "ntfy",
    ])
      assert.match(text, new RegExp(`^ok +${check} `, "m"), text);
    assert.match(
      text,
      /^warn +patch .*\n +→ Run `replicator-kuma patch/m,
      "the stand-in has no notifications",
    );
  });

  it("a wrong password: fails, and says what to do; the secret is not shown", async () => {
    await primary.restart({ RESTIC_PASSWORD: `${PASSWORD}-wrong` });
    const { exitCode, stdout } = await primary.command("doctor");
    assert.equal(exitCode, 1);
    assert.match(stdout, /^error +repository +The password does not open.*\n +→ Set RESTIC_PASSWORD/m);
    assert.ok(!stdout.includes(PASSWORD));
    await primary.restart();
  });

  it("a state folder that others can read, and a version that does not fit", async () => {
    chmodSync(join(primary.dataDir, "replicator"), 0o755);
    const open = await primary.command("doctor", "--json");
    assert.equal(find(open.stdout, "permissions")?.status, "warn");
    primary.sql("ALTER TABLE monitor ADD COLUMN of_tomorrow TEXT");
    primary.sql("UPDATE monitor SET of_tomorrow = 'x'");
    said(await primary.command("sync"));
    primary.sql("ALTER TABLE monitor DROP COLUMN of_tomorrow");
    const { exitCode, stdout } = await primary.command("doctor", "--json");
    assert.equal(exitCode, 1);
    assert.match(find(stdout, "latest snapshot")?.message ?? "", /monitor\.of_tomorrow/);
    said(await primary.command("sync"));
  });

  it("a second primary: the one that was overtaken says so, and by whom", async () => {
    const second = await rig.add("nyc", "BACKUP", { LOG_LEVEL: "debug" });
    await untilLogged(second, /nothing to publish/);
    second.sql("UPDATE monitor SET name = 'by somebody else' WHERE id = 2");
    await second.command("sync");
    await second.instance.stop();
    const { exitCode, stdout } = await primary.command("doctor", "--json");
    assert.equal(exitCode, 1);
    const found = find(stdout, "primaries");
    assert.deepEqual([found?.status, /"nyc"/.test(found?.message ?? "")], ["error", true], stdout);
  });

  it("without a running instance it checks the rest", async () => {
    await primary.instance.stop();
    const { exitCode, stdout } = await primary.command("doctor");
    assert.equal(exitCode, 1);
    assert.match(stdout, /^error +instance +No running/m);
    assert.match(stdout, /^ok +repository/m);
  });
});
