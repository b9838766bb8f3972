import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { loadConfig } from "../../src/config/index.ts";
import { openRepository } from "../../src/repository/index.ts";
import { makeFolder, never, request } from "../support/repository.ts";

function repositoryWith(env: Record<string, string>) {
  const loaded = loadConfig({ PATH: process.env.PATH, ...env }, "/nowhere");
  assert.ok(loaded.ok, loaded.ok ? "" : JSON.stringify(loaded.problems));
  return openRepository(loaded.config.restic, { instanceName: "primary", limits: { list: 20_000 } });
}

describe("what the settings give restic", () => {
  it("REPLICATOR_RESTIC_ENV: a password command has the variables that it needs", async () => {
    const folder = makeFolder();
    const command = join(folder, "ask");
    writeFileSync(command, '#!/bin/sh\n[ -n "$MY_VAULT_TOKEN" ] || exit 3\necho "$MY_VAULT_TOKEN"\n', {
      mode: 0o755,
    });
    const env = {
      RESTIC_REPOSITORY: join(folder, "r"),
      RESTIC_PASSWORD_COMMAND: command,
      REPLICATOR_STATE_DIR: folder,
      MY_VAULT_TOKEN: "hush-hush",
    };
    const without = await repositoryWith(env).create(never);
    assert.equal(!without.ok && without.problem.code, "wrong-password");
    assert.match(without.ok ? "" : without.problem.advice, /REPLICATOR_RESTIC_ENV/);
    const repository = repositoryWith({ ...env, REPLICATOR_RESTIC_ENV: "MY_VAULT_TOKEN" });
    assert.ok((await repository.create(never)).ok);
    assert.ok((await repository.publish(request("x"), never)).ok);
    const listed = await repository.list(never);
    assert.equal(listed.ok && listed.value.length, 1);
  });

  it("REPLICATOR_RESTIC_OPTIONS: reach every call", async () => {
    const folder = makeFolder();
    const env = {
      RESTIC_REPOSITORY: join(folder, "r"),
      RESTIC_PASSWORD: "hush-hush",
      REPLICATOR_STATE_DIR: folder,
    };
    const known = repositoryWith({
      ...env,
      REPLICATOR_RESTIC_OPTIONS: "-o local.connections=1 --limit-upload 9999",
    });
    assert.ok((await known.create(never)).ok);
    const published = await known.publish(request("content"), never);
    assert.ok(published.ok);
    assert.ok((await known.list(never)).ok);
    assert.ok((await known.download(published.value.id, never)).ok);
    assert.ok((await known.forget({ policy: ["--keep-last=1"], candidates: [] }, never)).ok);
    const unknown = repositoryWith({ ...env, REPLICATOR_RESTIC_OPTIONS: "-o local.nothing=1" });
    const results = [
      await unknown.create(never),
      await unknown.list(never),
      await unknown.publish(request("y"), never),
      await unknown.download(published.value.id, never),
      await unknown.forget({ policy: ["--keep-last=1"], candidates: [] }, never),
    ];
    for (const result of results)
      assert.match(result.ok ? "" : result.problem.message, /local\.nothing|nothing/);
  });

  it("a password in RESTIC_REPOSITORY_FILE is in no problem", async () => {
    const folder = makeFolder();
    mkdirSync(join(folder, "s"));
    writeFileSync(join(folder, "where"), "rest:http://user:sec/ret#x@127.0.0.1:9/\n");
    const listed = await repositoryWith({
      RESTIC_REPOSITORY_FILE: join(folder, "where"),
      RESTIC_PASSWORD: "hush-hush",
      REPLICATOR_STATE_DIR: join(folder, "s"),
    }).list(never);
    assert.ok(!listed.ok);
    assert.doesNotMatch(listed.problem.message, /sec\b|ret#/);
  });
});
