import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { type Instance, startInstance } from "../support/kuma/instance.ts";
import { freePort } from "../support/ports.ts";
import { waitFor } from "../support/wait.ts";

const fixtures = fileURLToPath(new URL("../fixtures/", import.meta.url));
const TOKEN = "push-token-0123456789";
const basic = `Basic ${Buffer.from("ops:open sesame").toString("base64")}`;

describe("a primary, seen from outside", () => {
  const pings: string[] = [];
  const shownPages: string[] = [];
  const watcher = createServer((request, response) => {
    pings.push(request.url ?? "");
    response.end("{}");
  });
  let folder: string;
  let primary: Instance;
  let web: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "seen-"));
    const dataDir = join(folder, "primary");
    mkdirSync(dataDir);
    copyFileSync(join(fixtures, "kuma-dbs/2.5.3.db"), join(dataDir, "kuma.db"));
    writeFileSync(join(folder, "auth"), "ops:open sesame\n");
    await new Promise<void>((resolve) => watcher.listen(0, "127.0.0.1", resolve));
    const watcherPort = (watcher.address() as AddressInfo).port;
    const port = await freePort();
    web = `http://127.0.0.1:${port}`;
    primary = await startInstance({
      mode: "BACKUP",
      name: "primary",
      port: await freePort(),
      dataDir,
      kumaDir: join(fixtures, "kuma"),
      repository: join(folder, "repository"),
      password: "repository-password-7740",
      interval: 5,
      env: {
        LOG_LEVEL: "debug",
        KUMA_COMMAND: `node server.mjs --log=${join(folder, "kuma.log")}`,
        REPLICATOR_HTTP: `127.0.0.1:${port}`,
        REPLICATOR_HTTP_AUTH_FILE: join(folder, "auth"),
        REPLICATOR_PING_URL: `http://127.0.0.1:${watcherPort}/api/push/${TOKEN}`,
      },
    });
    await primary.waitReady();
  });

  after(async () => {
    await primary?.kill();
    watcher.close();
    watcher.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  });

  it("page, metrics, health and the dead man's switch tell of the publish", async () => {
    const get = (path: string, authorization = basic) =>
      fetch(`${web}${path}`, { headers: { authorization } });
    await waitFor("a publish", () => /Published snapshot/.test(primary.log()) || undefined);
    const read = async () => {
      const text = await (await get("/metrics")).text();
      return /^replicator_cycles_total\{result="published"\} 1$/m.test(text) ? text : undefined;
    };
    const metrics = await waitFor("the publish in the metrics", read);
    assert.match(metrics, /^replicator_snapshot_lag_seconds 0$/m);
    assert.match(metrics, /^replicator_kuma_up 1$/m);
    const page = await (await get("/")).text();
    for (const text of ["In agreement", "primary", "<strong>Published</strong>", "the whole configuration"])
      assert.ok(page.includes(text), text);
    assert.deepEqual(
      [(await get("/healthz", "")).status, (await get("/readyz", "")).status, (await get("/", "")).status],
      [200, 200, 401],
    );
    await waitFor("a ping", () => pings.length > 0 || undefined);
    assert.equal(pings[0], `/api/push/${TOKEN}?status=up&msg=OK`);
  });

  it("the page of a snapshot says what it holds, at no cost for anybody else", async () => {
    const get = async (path: string) => {
      const answer = await fetch(`${web}/${path}`, { headers: { authorization: basic } });
      return [answer.status, await answer.text()] as const;
    };
    const [, page] = await get("");
    const [, link = ""] = /href="(snapshot\?id=[0-9a-f]+)"/.exec(page) ?? [];
    const [status, snapshot] = await get(link);
    assert.equal(status, 200, snapshot);
    for (const text of ["It holds", /<li>\d+ monitors<\/li>/, /by primary/])
      assert.match(snapshot, new RegExp(text));
    const [, list] = await get("snapshots");
    assert.match(list, /href="snapshot\?id=[0-9a-f]{64}"/);
    shownPages.push(snapshot, list);
  });

  it("no secret is on the page, in the metrics or in the log", async () => {
    const shown = [primary.log(), ...shownPages];
    for (const path of ["/", "/metrics"])
      shown.push(await (await fetch(`${web}${path}`, { headers: { authorization: basic } })).text());
    assert.doesNotMatch(shown.join(), new RegExp(`${TOKEN}|open sesame|repository-password`));
  });

  it("the end is as quick as without it, and takes the port along", async () => {
    const idle = fetch(web, { headers: { authorization: basic, connection: "keep-alive" } });
    await (await idle).text();
    const before = Date.now();
    assert.equal((await primary.stop()).code, 0);
    assert.ok(Date.now() - before < 15_000, `${Date.now() - before} ms`);
    await assert.rejects(fetch(web));
  });
});
