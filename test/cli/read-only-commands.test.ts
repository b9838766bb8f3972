import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Member, makeRig, PASSWORD, type Rig, said, untilLogged } from "../support/cli-instance.ts";

describe("commands that look", () => {
  let rig: Rig;
  let primary: Member;
  let replica: Member;

  before(async () => {
    rig = makeRig();
    [primary, replica] = await rig.addPair();
  });
  after(() => rig.close());

  it("status: role, Kuma, agreement, and who is the primary", async () => {
    const text = said(await primary.command("status"));
    assert.match(text, /^fra +primary; up for [\d.]+ (s|min).*$/m);
    assert.match(text, /^Uptime Kuma +2\.5\.3, ready, http:\/\/127\.0\.0\.1:\d+$/m);
    assert.match(text, /^last publish +snapshot [0-9a-f]{8}, [\d.]+ (s|min).* ago: everything$/m);
    assert.match(text, /^repository +up to date: latest snapshot [0-9a-f]{8}, [\d.]+ (s|min).* ago$/m);
    assert.match(text, /^published by +fra \(this instance\), since 20/m);
    assert.match(text, /^next cycle +in (1 h|5\d min)$/m);
    assert.match(text, /^last error +none$/m);
    assert.ok(!text.includes("\u001b"), "no colour where there is no terminal");

    const json = JSON.parse(said(await replica.command("status", "--json")));
    assert.equal(json.role, "replica");
    assert.equal(json.repository.behind, 0);
    assert.equal(json.repository.primary.name, "fra");
    assert.equal(json.edited, false);
    assert.equal(json.head, json.repository.latest.id);
  });

  it("diff, sync and snapshots: from an edit on the primary to the replica", async () => {
    assert.match(said(await primary.command("diff")), /: no differences$/);
    primary.sql("UPDATE monitor SET url = 'https://b.example/' WHERE id = 2");
    primary.sql(`UPDATE notification SET config = '{"ntfypassword":"hunter2"}' WHERE id = 1`);
    const diff = said(await primary.command("diff"));
    assert.match(diff, /^monitor "http ok" url: "http:\/\/127\.0\.0\.1:5980\/" → "https:\/\/b\.example\/"$/m);
    assert.match(diff, /^notification ".+" config changed \(not shown\)$/m);
    assert.match(diff, /^snapshot [0-9a-f]{8} → live: 1 monitor changed, 1 notification changed$/m);
    const { from, to, changes } = JSON.parse(said(await primary.command("diff", "--json")));
    assert.deepEqual([from.length, to, changes.length], [64, "live", 2]);
    assert.doesNotMatch(JSON.stringify(changes), /hunter2/);
    assert.match(said(await primary.command("status")), /not published yet: `diff` shows them/);

    const published = said(await primary.command("sync"));
    assert.match(
      published,
      /^Published snapshot [0-9a-f]{8}: monitor "http ok" edited, notification ".+" edited\.$/m,
    );
    assert.match(said(await primary.command("sync")), /^Nothing changed: nothing to publish\.$/m);
    assert.match(
      said(await replica.command("status")),
      /^repository +1 behind for [\d.]+ s; latest snapshot/m,
    );
    const applied = JSON.parse(said(await replica.command("sync", "--json")));
    assert.equal(applied.ok, true);
    assert.match(
      applied.happened.join("\n"),
      /^Stopping Uptime Kuma[\s\S]*^Applied snapshot .*: monitor "http ok" edited, notification ".+" edited; /m,
    );
    assert.deepEqual(replica.query("SELECT url FROM monitor WHERE id = 2"), [{ url: "https://b.example/" }]);
    assert.match(said(await replica.command("status")), /^repository +up to date/m);

    const table = said(await replica.command("snapshots"));
    const [head, newest, oldest, ...more] = table.split("\n");
    assert.match(head ?? "", /^id +time +age +instance +kuma +rows +what changed$/);
    assert.match(
      newest ?? "",
      /^[0-9a-f]{8}\* +20\S+ \S+Z +[\d.]+ s ago +fra +2\.5\.3 +\d+ +monitor "http ok" edited, notification ".+" edited$/,
    );
    assert.match(oldest ?? "", /^[0-9a-f]{8} .* the first$/);
    assert.deepEqual(more, []);
    const [only] = JSON.parse(said(await replica.command("snapshots", "--quick", "--json", "--limit", "1")));
    assert.equal(only.latest, true);
    assert.equal(only.rows, undefined);

    const between = said(await replica.command("diff", (oldest ?? "").slice(0, 8), "latest"));
    assert.match(between, /^monitor "http ok" url: /m);
  });

  it("diff says what it does not find", async () => {
    const { exitCode, stderr } = await primary.command("diff", "zzz");
    assert.equal(exitCode, 1);
    assert.match(stderr, /no snapshot "zzz"[\s\S]*snapshots` lists them/);
    assert.equal((await primary.command("diff", "0000000000000000")).exitCode, 1);
  });

  it("status shows a failure with what to do, and no secret", async () => {
    await replica.restart({ RESTIC_PASSWORD: `${PASSWORD}-wrong` });
    await untilLogged(replica, /password does not open/);
    const { exitCode, stdout, stderr } = await replica.command("status");
    assert.equal(exitCode, 0);
    assert.match(stdout, /^last error +The password does not open .*times, since/m);
    assert.match(stdout, /^ {2}do this +Set RESTIC_PASSWORD/m);
    assert.ok(!`${stdout}${stderr}`.includes(PASSWORD));
    const synced = await replica.command("sync");
    assert.equal(synced.exitCode, 1);
    assert.match(synced.stderr, /password does not open/);
    await replica.restart();
    assert.match(said(await replica.command("status")), /^last error +none$/m);
  });

  it("without a running instance: exit code 3, and what to do", async () => {
    await replica.instance.stop();
    for (const command of ["status", "sync"]) {
      const { exitCode, stdout, stderr } = await replica.command(command);
      assert.deepEqual([exitCode, stdout], [3, ""]);
      assert.match(stderr, /No running Replicator Kuma answers[\s\S]*docker exec/);
    }
    assert.match(said(await replica.command("snapshots", "--quick")), /fra/, "reading needs none");
  });
});
