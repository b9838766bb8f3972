import assert from "node:assert/strict";
import { cpSync, existsSync, rmSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Member, makeRig, type Rig, said, untilLogged } from "../support/cli-instance.ts";
import { freePort } from "../support/ports.ts";
import { waitFor } from "../support/wait.ts";

const nameOf = (member: Member) => member.query("SELECT name FROM monitor WHERE id = 2");
const named = (name: string) => [{ name }];
const rename = (member: Member, name: string) =>
  member.sql(`UPDATE monitor SET name = '${name}' WHERE id = 2`);

describe("a repository that is gone, and one that went back", () => {
  let rig: Rig;
  let primary: Member;
  let replica: Member;
  let page: string;
  const pings: string[] = [];
  const switchboard = http.createServer((request, answer) => {
    pings.push(request.url ?? "");
    answer.end();
  });

  before(async () => {
    rig = makeRig();
    await new Promise<void>((resolve) => switchboard.listen(0, "127.0.0.1", resolve));
    const place = `127.0.0.1:${await freePort()}`;
    page = `http://${place}/`;
    const { port } = switchboard.address() as AddressInfo;
    primary = await rig.add("fra", "BACKUP", {
      REPLICATOR_HTTP: place,
      REPLICATOR_PING_URL: `http://127.0.0.1:${port}/ping`,
    });
    await untilLogged(primary, /Published snapshot/);
    replica = await rig.add("nyc", "RESTORE");
    await untilLogged(replica, /Applied snapshot/);
    cpSync(rig.repository, join(rig.folder, "copy"), { recursive: true });
    rename(primary, "second");
    said(await primary.command("sync"));
    said(await replica.command("sync"));
    assert.deepEqual(nameOf(replica), named("second"));
  });
  after(async () => {
    await rig.close();
    switchboard.close();
    switchboard.closeAllConnections();
  });

  it("went back: a replica stays where it is, and goes back when told to", async () => {
    rmSync(rig.repository, { recursive: true });
    cpSync(join(rig.folder, "copy"), rig.repository, { recursive: true });
    const refused = await replica.command("sync");
    assert.equal(refused.exitCode, 1);
    assert.match(
      refused.stderr,
      /comes before snapshot [0-9a-f]{8} \(number 2 of the chain\)[\s\S]*sync --retry/,
    );
    assert.deepEqual(nameOf(replica), named("second"));
    const promoted = await replica.command("promote");
    assert.equal(promoted.exitCode, 1, "nor does it take over with what is older");

    said(await replica.command("sync", "--retry"));
    assert.deepEqual(nameOf(replica), named("http ok"));
    said(await replica.command("sync"));

    // The primary's own look puts back what is lost, though nothing has changed since.
    assert.match(said(await primary.command("sync")), /^Published snapshot/m);
    said(await replica.command("sync"));
    assert.deepEqual(nameOf(replica), named("second"));
  });

  it("gone: commands, page and dead man's switch say so, and nothing is created until a person says so", async () => {
    rmSync(rig.repository, { recursive: true });
    pings.length = 0;
    for (const member of [primary, replica]) {
      const { exitCode, stderr } = await member.command("sync");
      assert.equal(exitCode, 1);
      assert.match(stderr, /The restic repository is gone[\s\S]*Nothing was created[\s\S]*sync --retry/);
    }
    process.kill(primary.instance.pid, "SIGUSR1");
    await waitFor("a ping", () => pings.includes("/ping/fail") || undefined);
    const text = await fetch(page).then((answer) => answer.text());
    assert.match(text, /Replication fails[\s\S]*The restic repository is gone/);
    assert.match(said(await primary.command("status")), /^last error +The restic repository is gone/m);
    assert.equal(existsSync(rig.repository), false);

    const begun = said(await primary.command("sync", "--retry"));
    assert.match(begun, /it was created[\s\S]*^Published snapshot/m);
    rename(primary, "anew");
    said(await primary.command("sync"));
    said(await replica.command("sync"));
    assert.deepEqual(nameOf(replica), named("anew"), "it follows by itself");
  });
});
