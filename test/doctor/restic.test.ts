import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { checkClock, checkRestic } from "../../src/doctor/index.ts";
import { openRepository } from "../../src/repository/index.ts";
import { makeRepository, never, restic, resticEnvironment } from "../support/repository.ts";

describe("checks by restic itself", () => {
  let folder: string;
  let repository: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "doctor-"));
    repository = join(folder, "repository");
    await makeRepository(repository);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const withEnv = (env: Record<string, string>) => ({
    restic: { env: { ...resticEnvironment(repository), ...env } },
  });

  it("names a variable that this release does not read, by restic's own help", async () => {
    assert.equal((await checkRestic(withEnv({}))).status, "ok");
    // From 0.16 on its help names the variable.
    const isRead = (await restic(repository, ["help"])).includes("$RESTIC_CACERT");
    const found = await checkRestic(withEnv({ RESTIC_CACERT: "/ca.pem" }));
    assert.equal(found.status, isRead ? "ok" : "warn");
    if (!isRead) assert.match(found.message, /^restic 0\.\S+ does not read RESTIC_CACERT/);
  });

  it("fails for a restic that is too old, or not there", async () => {
    const PATH = join(folder, "bin");
    mkdirSync(PATH);
    assert.match((await checkRestic(withEnv({ PATH }))).message, /cannot be started/);
    writeFileSync(join(PATH, "restic"), "#!/bin/sh\necho 'restic 0.12.1 compiled with go1.17'\n", {
      mode: 0o755,
    });
    const old = await checkRestic(withEnv({ PATH }));
    assert.deepEqual([old.status, old.message], ["error", "restic 0.12.1 is too old."]);
  });

  it("fails when the newest snapshot is of tomorrow", async () => {
    const time = new Date(Date.now() + 86_400_000).toISOString().slice(0, 19).replace("T", " ");
    const tags = ["replicator-kuma", `content:${"a".repeat(64)}`, "instance:x", "generation:1"];
    const tagged = tags.flatMap((tag) => ["--tag", tag]);
    const file = ["--stdin", "--stdin-filename", "replicator-kuma.jsonl"];
    await restic(repository, ["backup", ...file, "--time", time, ...tagged], Buffer.from("x"));
    const { restic: config } = withEnv({});
    const listed = await openRepository(config, { instanceName: "x" }).list(never);
    assert.ok(listed.ok && listed.value.length === 1);
    const found = checkClock(listed.value);
    assert.equal(found.status, "error");
    assert.match(found.message, /in the future/);
  });
});
