import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { execa } from "execa";
import { openDatabaseWorker } from "../../src/database/index.ts";
import type { ReplicatorEvent } from "../../src/events/index.ts";
import { createFolderExporter } from "../../src/export-folder/index.ts";
import { success } from "../../src/result.ts";
import { makeInstance, sql } from "../database/fixtures.ts";
import { samples } from "../events/samples.ts";
import { startBuilt } from "../support/built-thread.ts";
import { waitFor } from "../support/wait.ts";

const SECRET = "hush-hush-1";

/** An exporter beside a real database of Kuma 2.5.3, which holds a few secrets. */
function open(t: TestContext, withSecrets = false) {
  const instance = makeInstance(t, "2.5.3");
  sql(
    instance,
    `UPDATE monitor SET basic_auth_pass = '${SECRET}', url = 'https://me:${SECRET}@x.example/?token=${SECRET}' WHERE id = 2`,
    `UPDATE notification SET config = '{"ntfypassword":"${SECRET}"}'`,
  );
  const stateDir = mkdtempSync(join(tmpdir(), "replicator-export-"));
  t.after(() => rmSync(stateDir, { recursive: true, force: true }));
  const dir = join(stateDir, "a", "config");
  const shutdown = new AbortController();
  t.after(() => shutdown.abort());
  const { file, uploadDir } = instance;
  const place = {
    locate: () => success({ engine: "sqlite", file } as const),
    uploadDir,
    kumaVersion: "2.5.3",
  };
  const database = openDatabaseWorker(place, shutdown.signal, startBuilt);
  const events: ReplicatorEvent[] = [];
  const listener = createFolderExporter(
    { exportFolder: { dir, withSecrets }, stateDir },
    database,
    (event) => events.push(event),
    shutdown.signal,
  );
  const git = async (...args: string[]) => (await execa("git", ["-C", dir, ...args])).stdout;
  const has = (name: string, text: string) =>
    waitFor(`${text} in ${name}`, () => read(name).includes(text) || undefined, {
      every: 20,
    });
  const read = (name: string) => (existsSync(join(dir, name)) ? readFileSync(join(dir, name), "utf8") : "");
  return { instance, dir, listener, events, git, has, read, stateDir };
}

describe("the export folder", () => {
  it("lets git tell what was changed, line by line, and holds no secret", async (t) => {
    const { instance, dir, listener, events, git, has, read } = open(t);
    listener(samples["cycle-done"]);
    await has("file.json", "logo1.png");
    await git("init", "-q");
    await git("config", "user.email", "kuma@example.com");
    await git("config", "user.name", "Kuma");
    await git("add", "-A");
    await git("commit", "-qm", "first");
    assert.match(read("monitor.json"), /"name": "http ok"/);
    assert.match(
      read("monitor.json"),
      /"url": "https:\/\/\*\*\*@x\.example\/\?token=\*\*\* hidden:[0-9a-f]{32}"/,
    );
    await assert.rejects(git("grep", "-i", "hush"), { exitCode: 1 });
    const writtenAt = statSync(join(dir, "tag.json")).mtimeMs;

    sql(instance, `UPDATE monitor SET name = 'Shop', basic_auth_pass = '${SECRET}2' WHERE id = 2`);
    listener(samples.published);
    await has("monitor.json", "Shop");
    assert.equal(await git("diff", "--name-only"), "monitor.json");
    const changed = (await git("diff", "-U0")).split("\n").filter((line) => /^[+-] /.test(line));
    assert.equal(changed.length, 4, changed.join("\n"));
    assert.ok(changed.some((line) => /^\+ +"name": "Shop"/.test(line)));
    assert.ok(changed.some((line) => /^\+ +"basic_auth_pass": "hidden:[0-9a-f]{32}"/.test(line)));
    assert.equal(statSync(join(dir, "tag.json")).mtimeMs, writtenAt);
    assert.deepEqual(events, []);
    assert.deepEqual(
      readdirSync(dir).filter((name) => !/^(\.git|[a-z_]+\.json)$/.test(name)),
      [],
    );
  });

  it("shows secrets when asked for, to its owner alone", async (t) => {
    const { dir, listener, has, stateDir } = open(t, true);
    listener(samples.applied);
    await has("monitor.json", `"basic_auth_pass": "${SECRET}"`);
    await has("notification.json", SECRET);
    await has("file.json", "sha256");
    assert.equal(statSync(join(dir, "monitor.json")).mode & 0o777, 0o600);
    assert.ok(!existsSync(join(stateDir, "export.key")));
  });

  it("says once that it fails, and goes on as soon as it can", async (t) => {
    const { dir, listener, events, has, stateDir } = open(t);
    writeFileSync(join(stateDir, "a"), "in the way");
    listener(samples["cycle-done"]);
    await waitFor("the warning", () => events.length > 0 || undefined, { every: 20 });
    listener(samples["cycle-done"]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal(events.length, 1);
    assert.match(JSON.stringify(events[0]), /Not exported to .*config: .*REPLICATOR_EXPORT_DIR/);
    rmSync(join(stateDir, "a"));
    listener(samples["cycle-done"]);
    await has("file.json", "sha256");
    assert.equal(statSync(join(stateDir, "export.key")).mode & 0o777, 0o600);
    assert.ok(existsSync(join(dir, "monitor.json")));
  });
});
