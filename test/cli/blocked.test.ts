import assert from "node:assert/strict";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { type Member, makeRig, type Rig, said, untilLogged } from "../support/cli-instance.ts";
import { freePort } from "../support/ports.ts";
import { waitFor } from "../support/wait.ts";

describe("settings that leave no replication", () => {
  let rig: Rig;
  let member: Member;
  let server: http.Server;
  let page: string;
  const pings: string[] = [];

  before(async () => {
    server = http.createServer((request, answer) => {
      pings.push(request.url ?? "");
      answer.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    page = `127.0.0.1:${await freePort()}`;
    rig = makeRig();
    // As an image is swapped under a compose file that has none of it right. The rig waits until Kuma is ready.
    member = await rig.add("fra", "BACKUP", {
      RESTIC_PASSWORD: "",
      RESTIC_REPOSITORY_FILE: "/nowhere/repository",
      NTFY_URL: "-k https://ntfy.invalid",
      REPLICATOR_PING_URL: `http://127.0.0.1:${port}/ping`,
      REPLICATOR_HTTP: page,
      BACKUP_INTERVAL: "5s",
      LOG_LEVEL: "loud",
    });
  });
  after(async () => {
    await rig?.close();
    server.close();
    server.closeAllConnections();
  });

  it("Kuma runs, and the log says why nothing is replicated, and what else is wrong", async () => {
    await untilLogged(member, /ERROR.*runs without replication: .*RESTIC_PASSWORD is not set\./i);
    await untilLogged(member, /RESTIC_REPOSITORY_FILE names \/nowhere\/repository, which cannot be read/);
    await untilLogged(member, /WARN.*LOG_LEVEL is "loud"/i);
    await untilLogged(member, /WARN.*NTFY_URL names no topic\. It counts as unset\./i);
  });

  it("dead man's switch, page and health go on telling it; no probe is to restart it", async () => {
    await waitFor("two failures", () => pings.length >= 2 || undefined);
    assert.ok(
      pings.every((url) => url === "/ping/fail"),
      `${pings}`,
    );
    const ask = async (path: string) => {
      const answer = await fetch(`http://${page}${path}`);
      return { status: answer.status, text: await answer.text() };
    };
    assert.match((await ask("/")).text, /Replication fails/);
    assert.equal((await ask("/healthz")).status, 200);
    assert.equal((await ask("/readyz")).status, 200);
    assert.match((await ask("/metrics")).text, /replicator_cycles_total\{[^}]*result="failed"[^}]*\} [1-9]/);
    assert.match(said(await member.command("health")), /^healthy: /);
  });

  it("doctor names it; what needs replication refuses with exit code 2", async () => {
    const { exitCode, stdout } = await member.command("doctor");
    assert.equal(exitCode, 1);
    assert.match(stdout, /^error +settings +RESTIC_PASSWORD is not set\./m);
    assert.match(stdout, /^error +settings +RESTIC_REPOSITORY_FILE names/m);
    assert.match(stdout, /^warn +settings +.*LOG_LEVEL/m);
    const status = await member.command("status");
    assert.equal(status.exitCode, 2);
    assert.match(status.stderr, /RESTIC_PASSWORD is not set\./);
  });

  it("ends in order", async () => {
    assert.equal((await member.instance.stop()).code, 0);
  });
});
