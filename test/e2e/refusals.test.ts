import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { execa } from "execa";
import { ensureKuma } from "../support/install/kuma.ts";
import { type Instance, startInstance } from "../support/kuma/instance.ts";
import { connectKuma } from "../support/kuma/kuma-api.ts";
import { freePort } from "../support/ports.ts";
import { readReplicated } from "../support/rows.ts";
import { waitFor } from "../support/wait.ts";

const PASSWORD = "repository-password-5521";

let folder: string;
let kumaDir: string;
let instance: Instance;
/** What the primary published, as restic gives it back. */
let published: Buffer;

async function start(
  mode: "BACKUP" | "RESTORE",
  name: string,
  env: Record<string, string> = {},
): Promise<void> {
  instance = await startInstance({
    mode,
    name,
    kumaDir,
    port: await freePort(),
    dataDir: join(folder, name),
    repository: join(folder, "repository"),
    password: PASSWORD,
    interval: 5,
    env,
  });
  await instance.waitReady();
}

function restic(args: string[], input?: Buffer) {
  const env = { RESTIC_REPOSITORY: join(folder, "repository"), RESTIC_PASSWORD: PASSWORD };
  return execa("restic", args, {
    env,
    encoding: "buffer",
    stripFinalNewline: false,
    ...(input && { input }),
  });
}

/** Stores bytes as if a primary had published them. */
async function push(bytes: Buffer): Promise<void> {
  const content = createHash("sha256").update(bytes).digest("hex");
  const tags = ["replicator-kuma", `content:${content}`, "instance:somebody"].flatMap((tag) => [
    "--tag",
    tag,
  ]);
  await restic(["backup", "--stdin", "--stdin-filename", "replicator-kuma.jsonl", ...tags], bytes);
}

const starts = () => instance.log().match(/Starting Uptime Kuma/g)?.length;

/** Waits for the one clear error; then Kuma must still be the same running process, and its rows what they were. */
async function refuses(error: RegExp, act: () => Promise<void> = async () => undefined): Promise<void> {
  const file = join(folder, instance.name, "kuma.db");
  const [rowsBefore, startsBefore] = [readReplicated(file), starts()];
  await act();
  await waitFor(`the log to say ${error}`, () => error.test(instance.log()) || undefined);
  assert.equal(instance.log().match(new RegExp(error.source, "g"))?.length, 1, "said once");
  await instance.waitReady();
  assert.equal(starts(), startsBefore);
  assert.deepEqual(readReplicated(file), rowsBefore);
}

describe("what goes wrong leaves Kuma running and its database alone", () => {
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "refusals-"));
    kumaDir = await ensureKuma();
    await start("BACKUP", "primary");
    const kuma = await connectKuma(instance.url);
    await kuma.addMonitor({ type: "port", name: "closed", hostname: "127.0.0.1", port: 9 });
    kuma.close();
    await waitFor("a publish", () => /Published/.test(instance.log()) || undefined);
    await instance.stop();
    published = Buffer.from((await restic(["dump", "latest", "/replicator-kuma.jsonl"])).stdout);
  });

  afterEach(() => instance.kill());
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("a wrong password", async () => {
    await start("RESTORE", "replica-1", { RESTIC_PASSWORD: "not-the-password" });
    await refuses(/ERROR: The password does not open the restic repository.*Set RESTIC_PASSWORD/);
  });

  it("a repository that does not answer", async () => {
    const nobody = await freePort();
    await start("BACKUP", "primary", {
      RESTIC_REPOSITORY: `rest:http://user:hidden-7733@127.0.0.1:${nobody}/`,
    });
    const kuma = await connectKuma(instance.url);
    await kuma.addMonitor({ type: "port", name: "a reason to publish", hostname: "127.0.0.1", port: 9 });
    kuma.close();
    await refuses(/ERROR: The restic repository cannot be reached.*Check the network/);
    assert.ok(!instance.log().includes("hidden-7733"));
  });

  it("no repository, and REPLICATOR_INIT=false", async () => {
    const missing = join(folder, "no-repository");
    await start("BACKUP", "primary", { RESTIC_REPOSITORY: missing, REPLICATOR_INIT: "false" });
    // It has published elsewhere before: what is not there is gone, and nothing is created in its place.
    await refuses(/ERROR: The restic repository is gone: .*There is no restic repository at the place/);
    assert.throws(() => readFileSync(join(missing, "config")), { code: "ENOENT" });
  });

  it("a snapshot that was cut off", async () => {
    await start("RESTORE", "replica-2");
    await waitFor("the good snapshot", () => /Applied/.test(instance.log()) || undefined);
    await refuses(/ERROR: The snapshot has no end mark/, () =>
      push(published.subarray(0, published.length - 100)),
    );
  });

  it("a snapshot that was tampered with", async () => {
    await start("RESTORE", "replica-2");
    const tampered = Buffer.from(published.toString("utf8").replace('"closed"', '"opened"'));
    assert.notDeepEqual(tampered, published);
    await refuses(/ERROR: The snapshot is damaged/, () => push(tampered));
  });

  it("a whole snapshot that does not hold what its tag names", async () => {
    await start("RESTORE", "replica-2");
    await refuses(/ERROR: Snapshot \w+ does not hold the content that its tag names/, () => push(published));
  });
});
