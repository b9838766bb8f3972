import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { loadConfig } from "../../src/config/index.ts";
import { openRepository } from "../../src/repository/index.ts";
import {
  forgetBy,
  HASH,
  makeFolder,
  never,
  open,
  request,
  restic,
  resticEnvironment,
} from "../support/repository.ts";
import { serveRepository } from "../support/rest-server.ts";

describe("a repository in a folder", () => {
  const folder = makeFolder();
  const path = join(folder, "local");
  const cache = join(folder, "cache");
  const repository = open(path, { RESTIC_CACHE_DIR: cache });

  before(async () => {
    assert.deepEqual(await repository.create(never), { ok: true, value: undefined });
  });

  it("is empty at first, and creating it again does no harm", async () => {
    assert.deepEqual(await repository.list(never), { ok: true, value: [] });
    assert.ok((await repository.create(never)).ok);
  });

  it("gives back what was published, and lists it oldest first with all that its tags say", async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(60_000));
    const pieces = Array.from({ length: 40 }, () => bytes);
    const startedAt = Date.now();
    const first = await repository.publish(request(pieces), never);
    assert.ok(first.ok);
    const second = await repository.publish(request("second", first.value.id), never);
    assert.ok(second.ok);
    await restic(path, ["backup", "-q", "--stdin", "--stdin-filename=other"], "not ours");
    await restic(
      path,
      ["backup", "-q", "--stdin", "--tag=replicator-kuma", "--tag=content:short"],
      "nearly ours",
    );

    const listed = await repository.list(never);
    assert.ok(listed.ok);
    const [older, newer, ...others] = listed.value;
    assert.ok(older && newer);
    assert.equal(others.length, 0);
    assert.ok(older.id.startsWith(first.value.id));
    assert.ok(older.time >= startedAt - 1_000 && older.time <= newer.time);
    assert.deepEqual(newer, {
      id: newer.id,
      time: newer.time,
      contentHash: HASH,
      instanceId: "0b7c",
      instanceName: "primary",
      parent: first.value.id,
      generation: 2,
      isGuessed: false,
    });
    const downloaded = await repository.download(older.id, never);
    assert.ok(downloaded.ok);
    assert.deepEqual(Buffer.from(downloaded.value), Buffer.concat(pieces));
    assert.deepEqual(await repository.download(newer.id, never).then((got) => got.ok && [...got.value]), [
      ...Buffer.from("second"),
    ]);
  });

  it("carries any instance name", async () => {
    const path = join(makeFolder(), "r");
    for (const instanceName of ["-v --tag=evil", "Büro 🏳️‍🌈 'x' \"y\"; $(z), w", "--"]) {
      const repository = open(path, {}, { instanceName });
      assert.ok((await repository.create(never)).ok);
      assert.ok((await repository.publish(request(instanceName), never)).ok);
      const listed = await repository.list(never);
      assert.ok(listed.ok);
      assert.equal(listed.value.at(-1)?.instanceName, instanceName);
      assert.equal(listed.value.at(-1)?.contentHash, HASH);
    }
  });

  it("shows the snapshots of all hosts, and thins them out together, whatever RESTIC_HOST says", async () => {
    const path = join(makeFolder(), "r");
    const variables = { ...resticEnvironment(path), TMPDIR: folder, RESTIC_HOST: "elsewhere" };
    const loaded = loadConfig(variables, makeFolder());
    assert.ok(loaded.ok);
    const repository = openRepository(loaded.config.restic, { instanceName: "primary" });
    assert.ok((await repository.create(never)).ok);
    assert.ok((await repository.publish(request("one"), never)).ok);
    assert.ok((await repository.publish(request("two"), never)).ok);
    const listed = await repository.list(never);
    assert.deepEqual(listed.ok && listed.value.map(({ instanceName }) => instanceName), [
      "primary",
      "primary",
    ]);
    assert.deepEqual(await forgetBy(repository, "--keep-last=1"), {
      ok: true,
      value: { forgotten: 1 },
    });
  });

  it("keeps its cache where it is told to", () => {
    assert.ok(existsSync(cache));
    assert.deepEqual(readdirSync(folder).sort(), ["cache", "local"]);
  });
});

describe("a repository behind REST", () => {
  it("is listed with 5 requests, none of which writes, and read without writing", async () => {
    const server = await serveRepository(join(makeFolder(), "repository"));
    after(server.close);
    const { url, requests } = server;
    const repository = open(url);
    assert.ok((await repository.create(never)).ok);
    const published = await repository.publish(request("over the wire"), never);
    assert.ok(published.ok);
    assert.ok((await repository.list(never)).ok);
    requests.length = 0;

    const listed = await repository.list(never);
    assert.ok(listed.ok && listed.value[0]);
    assert.ok(requests.length <= 5, requests.join("\n"));
    const downloaded = await repository.download(listed.value[0].id, never);
    assert.equal(downloaded.ok && new TextDecoder().decode(downloaded.value), "over the wire");
    assert.deepEqual(
      requests.filter((line) => !/^(GET|HEAD) /.test(line)),
      [],
    );
  });
});
