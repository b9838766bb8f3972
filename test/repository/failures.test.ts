import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import http from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { RepositoryResult } from "../../src/repository/index.ts";
import { freePort, listen } from "../support/ports.ts";
import {
  makeFolder,
  makeRepository,
  never,
  open,
  request,
  resticEnvironment,
} from "../support/repository.ts";

const folder = makeFolder();
const path = join(folder, "r");
let snapshot = "";

before(async () => {
  await makeRepository(path);
  const published = await open(path).publish(request("content"), never);
  assert.ok(published.ok);
  snapshot = published.value.id;
});

/** Asserts the failure, and that its sentence is fit for people. */
function fails(result: RepositoryResult<unknown>, code: string, message?: RegExp): void {
  assert.ok(!result.ok, "must fail");
  assert.equal(result.problem.code, code, result.problem.message);
  if (message) assert.match(result.problem.message, message);
  assert.match(result.problem.message, /\.$/);
  assert.doesNotMatch(result.problem.message, /hush|\n/);
  assert.match(result.problem.advice, /\.$/);
}

function damagedCopy(part: string, change: (file: string) => void): string {
  const copy = join(mkdtempSync(join(folder, "damaged-")), "r");
  cpSync(path, copy, { recursive: true });
  const files = (readdirSync(copy, { recursive: true }) as string[]).filter((file) => file.startsWith(part));
  for (const file of files.map((name) => join(copy, name)).filter((file) => statSync(file).isFile())) {
    chmodSync(file, 0o600);
    change(file);
  }
  return copy;
}

const freshCache = () => ({ RESTIC_CACHE_DIR: mkdtempSync(join(folder, "cache-")) });
const spoil = (file: string) => writeFileSync(file, Buffer.alloc(400, 7));

describe("what restic complains of", () => {
  it("wrong password, empty password, password file that is gone", async () => {
    fails(await open(path, { RESTIC_PASSWORD: "hush" }).list(never), "wrong-password");
    fails(await open(path, { RESTIC_PASSWORD: "" }).list(never), "wrong-password");
    fails(
      await open(path, { RESTIC_PASSWORD: "", RESTIC_PASSWORD_FILE: "/nowhere" }).list(never),
      "wrong-password",
      /could not get/,
    );
  });

  it("no repository: a folder, and an address", async () => {
    fails(await open(join(folder, "none")).list(never), "repository-missing");
    fails(await open(join(folder, "none")).publish(request("x"), never), "repository-missing");
    const port = await listen(http.createServer((_, answer) => answer.writeHead(404).end()));
    fails(await open(`rest:http://me:hush@127.0.0.1:${port}/x/`).list(never), "repository-missing");
  });

  it("unreachable: refused, no such name, no TLS, ssh; and no secret in the sentence", async () => {
    const port = await freePort();
    const addresses = [
      `rest:http://me:hush@127.0.0.1:${port}/x/`,
      "rest:http://me:hush@nowhere.invalid/x/",
      `s3:http://127.0.0.1:${port}/bucket`,
      `sftp:me@127.0.0.1:/x`,
    ];
    for (const address of addresses)
      fails(
        await open(address, { AWS_ACCESS_KEY_ID: "hush", AWS_SECRET_ACCESS_KEY: "hush-hush" }).list(never),
        "repository-unreachable",
      );
  });

  it("a server that refuses or fails", async () => {
    const server = http.createServer((incoming, answer) =>
      answer.writeHead(Number(incoming.url?.split("/")[1])).end(),
    );
    const at = `http://127.0.0.1:${await listen(server)}`;
    fails(await open(`rest:${at}/401/`).list(never), "repository-unreachable", /refuses/);
    fails(await open(`rest:${at}/403/`).list(never), "repository-unreachable", /refuses/);
    fails(await open(`rest:${at}/503/`).list(never), "repository-unreachable", /cannot be reached/);
    fails(await open(`rest:${at}/403/`).create(never), "repository-read-only");
    fails(await open(`rest:${at}/507/`).create(never), "disk-full");
  });

  it("an address that is none", async () => {
    fails(await open("what:is:this").list(never), "restic-failed", /does not understand RESTIC_REPOSITORY/);
  });

  it("a snapshot that is gone", async () => {
    fails(await open(path).download("ab".repeat(32), never), "restic-failed", /no longer in/);
  });

  it("no restic", async () => {
    fails(await open(path, { PATH: folder }).list(never), "restic-missing");
  });

  it("damage: config, key, index, packs", async () => {
    for (const part of ["config", "index"]) {
      const copy = damagedCopy(part, spoil);
      const repository = open(copy, freshCache());
      const result =
        part === "index" ? await repository.download(snapshot, never) : await repository.list(never);
      fails(result, "repository-damaged");
    }
    fails(
      await open(damagedCopy("keys", (file) => writeFileSync(file, "garbage"))).list(never),
      "repository-damaged",
    );
    // restic tries for minutes to read what is gone: the limit ends that, and what it said counts.
    const limits = { dump: 2_500 };
    const options = { instanceName: "primary", limits };
    const gone = open(damagedCopy("data", rmSync), freshCache(), options);
    fails(await gone.download(snapshot, never), "repository-damaged");
  });

  it("no space left", { skip: process.getuid?.() !== 0 && "needs root to make a small disk" }, async (t) => {
    const disk = mkdtempSync(join(tmpdir(), "replicator-disk-"));
    const mounted = spawn("mount", ["-t", "tmpfs", "-o", "size=600k", "tmpfs", disk]);
    const [code] = await once(mounted, "exit");
    if (code !== 0) return t.skip("no right to mount");
    try {
      const repository = open(join(disk, "r"));
      assert.ok((await repository.create(never)).ok);
      const random = crypto.getRandomValues(new Uint8Array(60_000));
      const pieces = Array.from({ length: 50 }, (_, i) => random.map((byte) => byte ^ i));
      fails(await repository.publish(request(pieces), never), "disk-full");
    } finally {
      await once(spawn("umount", [disk]), "exit");
      rmSync(disk, { recursive: true, force: true });
    }
  });

  it("no right to write", {
    skip: process.getuid?.() !== 0 && "needs root to become somebody else",
  }, async () => {
    const parent = makeFolder();
    chmodSync(parent, 0o755);
    const copy = join(parent, "r");
    cpSync(path, copy, { recursive: true });
    const files = (readdirSync(copy, { recursive: true }) as string[]).map((name) => join(copy, name));
    for (const file of [copy, ...files]) chmodSync(file, statSync(file).isDirectory() ? 0o755 : 0o644);
    const { problem } = await asNobody(copy);
    assert.equal(problem?.code, "repository-read-only", problem?.message);
  });
});

/** Publishes as the user nobody, with a limit, since restic repeats what it is not allowed to do. */
async function asNobody(repository: string): Promise<{ problem?: { code: string; message: string } }> {
  const home = makeFolder();
  chmodSync(home, 0o777);
  const script = `
    const { openRepository } = await import(${JSON.stringify(new URL("../../src/repository/index.ts", import.meta.url).href)});
    const env = ${JSON.stringify({ ...resticEnvironment(repository), HOME: home, RESTIC_CACHE_DIR: join(home, "cache") })};
    process.setgroups([]); process.setgid(65534); process.setuid(65534);
    const repository = openRepository({ env }, { instanceName: "x", limits: { backup: 3000 } });
    const stream = [new Uint8Array(9)];
    const done = await repository.publish({ stream, contentHash: "ab".repeat(32), instanceId: "i" }, new AbortController().signal);
    process.stdout.write(JSON.stringify(done));
    process.exit(0);`;
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (piece) => {
    output += piece;
  });
  await once(child, "close");
  return JSON.parse(output);
}

describe("a lock", () => {
  it("of a living restic is respected", async () => {
    const copy = join(makeFolder(), "r");
    cpSync(path, copy, { recursive: true });
    const holder = spawn("restic", ["check", "-q"], { env: resticEnvironment(copy), stdio: "ignore" });
    // restic looks again 200 ms after it has made its lock: time enough to stop it there.
    while (!readdirSync(join(copy, "locks")).some((name) => /^[0-9a-f]{64}$/.test(name))) await pause(10);
    holder.kill("SIGSTOP");
    const repository = open(copy, {}, { limits: { lock: 1_000 } });
    try {
      fails(await repository.publish(request("x"), never), "repository-locked");
      assert.ok((await repository.list(never)).ok, "reading needs no lock");
    } finally {
      holder.kill("SIGKILL");
      await once(holder, "exit");
    }
    assert.equal(readdirSync(join(copy, "locks")).length, 1, "the dead one leaves its lock behind");
  });

  it("of our own restic that was killed is removed, without a wait", async () => {
    const copy = join(makeFolder(), "r");
    cpSync(path, copy, { recursive: true });
    const stateDir = makeFolder();
    // As good as none: a publish that waits for the lock fails.
    const repository = open(copy, {}, { stateDir, limits: { lock: 1 } });
    const publishing = repository.publish(request("cut off"), never);
    while (readdirSync(join(copy, "locks")).length === 0) await pause(3);
    const [run] = JSON.parse(readFileSync(join(stateDir, "restic-runs.json"), "utf8"));
    process.kill(run.pid, "SIGKILL");
    fails(await publishing, "restic-failed");
    assert.equal(readdirSync(join(copy, "locks")).length, 1, "it leaves its lock behind");

    const content = Array.from({ length: 9 }, (_, i) => new Uint8Array(99_999).fill(i));
    const published = await repository.publish(request(content.values()), never);
    assert.ok(published.ok);
    const whole = await repository.download(published.value.id, never);
    assert.deepEqual(
      whole.ok && Buffer.from(whole.value),
      Buffer.concat(content),
      "the second attempt has it all",
    );
    assert.deepEqual(JSON.parse(readFileSync(join(stateDir, "restic-runs.json"), "utf8")).length, 1);
  });
});

describe("an end before the end", () => {
  const limits = { list: 1_000, dump: 1_000, backup: 1_000, init: 1_000 };
  const silent = async () => `rest:http://127.0.0.1:${await listen(createServer())}/x/`;

  it("is each command's limit when a server never answers", async () => {
    const repository = open(await silent(), {}, { instanceName: "x", limits });
    const atLimit = (what: string) => new RegExp(`\`restic ${what}\` was stopped after 1 s`);
    fails(await repository.list(never), "repository-timeout", atLimit("snapshots"));
    fails(await repository.download(snapshot, never), "repository-timeout", atLimit("dump"));
    fails(await repository.publish(request("x"), never), "repository-timeout", atLimit("backup"));
    fails(await repository.create(never), "repository-timeout", atLimit("init"));
  });

  it("is an abort's, before any limit", async () => {
    const repository = open(await silent());
    const commands = [
      (signal: AbortSignal) => repository.list(signal),
      (signal: AbortSignal) => repository.download(snapshot, signal),
      (signal: AbortSignal) => repository.publish(request("x"), signal),
      (signal: AbortSignal) => repository.create(signal),
    ];
    for (const command of commands) {
      // Not "repository-timeout", which is what it would be without.
      fails(await command(AbortSignal.timeout(600)), "interrupted");
      fails(await command(AbortSignal.abort()), "interrupted");
    }
  });

  it("abort in the middle of a backup: no snapshot, no lock", async () => {
    const copy = join(makeFolder(), "r");
    cpSync(path, copy, { recursive: true });
    const before = readdirSync(join(copy, "data"), { recursive: true }).length;
    const controller = new AbortController();
    const content = Array.from({ length: 60 }, () => randomBytes(1_000_000));
    const publishing = open(copy).publish(request(content), controller.signal);
    while (readdirSync(join(copy, "data"), { recursive: true }).length === before) await pause(10);
    controller.abort();
    fails(await publishing, "interrupted");
    assert.equal(readdirSync(join(copy, "locks")).length, 0);
    assert.equal(readdirSync(join(copy, "snapshots")).length, 1);
  });

  it("a producer that dies half-way: no snapshot, no lock", async () => {
    const copy = join(makeFolder(), "r");
    cpSync(path, copy, { recursive: true });
    const dying = function* () {
      yield new Uint8Array(200_000);
      throw new Error("the database went away");
    };
    fails(await open(copy).publish(request(dying()), never), "restic-failed", /the database went away/);
    assert.equal(readdirSync(join(copy, "snapshots")).length, 1);
    assert.equal(readdirSync(join(copy, "locks")).length, 0);
  });
});
