import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { Repository, RepositoryResult } from "../../src/repository/index.ts";
import { freePort, listen } from "../support/ports.ts";
import { forgetBy, makeFolder, never, open, request } from "../support/repository.ts";
import { KEYS, READ_ONLY } from "../support/s3-rights.ts";
import { createS3 } from "./s3.ts";

/**
 * restic's own limit for `snapshots` is a minute here, and newer ones would use it up: a second for a key, some for a
 * busy machine, far from a minute.
 */
const SOON = 30_000;

interface Wrong {
  readonly address: string;
  readonly env?: Record<string, string>;
  readonly code: string;
  /** Of the sentence before what restic said, and of what the other side said. */
  readonly says: readonly RegExp[];
  readonly ask?: (repository: Repository) => Promise<RepositoryResult<unknown>>;
}

async function insist({ address, env, code, says, ask = (to) => to.list(never) }: Wrong): Promise<void> {
  const start = performance.now();
  const result = await ask(open(address, env));
  const time = performance.now() - start;
  assert.ok(!result.ok, "must fail");
  const { message, advice } = result.problem;
  assert.equal(result.problem.code, code, message);
  for (const words of says) assert.match(message, words);
  assert.doesNotMatch(message, /context canceled|exit code|\.s:\d/);
  assert.match(advice, /\.$/);
  assert.ok(time < SOON, `${time} ms`);
}

const folder = makeFolder();
const certificate = join(folder, "cert.pem");
const tls = await serveTls();
const plain = await listen(http.createServer((_, answer) => answer.writeHead(404).end()));
const s3 = await createS3();

/** A TLS server whose authority nobody knows, with nothing in it. */
async function serveTls(): Promise<number> {
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
  const out = ["-keyout", join(folder, "key.pem"), "-out", certificate];
  const make = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...subject, ...out];
  execFileSync("openssl", make, { stdio: "ignore" });
  const identity = { key: readFileSync(join(folder, "key.pem")), cert: readFileSync(certificate) };
  return listen(https.createServer(identity, (_, answer) => answer.writeHead(404).end()));
}

describe("an answer that no patience changes is told at once, with what was said", () => {
  it("nobody listens", async () => {
    const port = await freePort();
    const code = "repository-unreachable";
    const says = [/^The restic repository cannot be reached \(restic: /, /connection refused/];
    await insist({ address: `rest:http://127.0.0.1:${port}/x/`, code, says });
    await insist({ address: `s3:http://127.0.0.1:${port}/bucket`, env: KEYS, code, says });
    await insist({
      address: `s3:http://127.0.0.1:${port}/bucket`,
      env: KEYS,
      code,
      says,
      ask: (to) => to.create(never),
    });
    await insist({
      address: `s3:http://127.0.0.1:${port}/bucket`,
      env: KEYS,
      code,
      says,
      ask: (to) => to.publish(request("x"), never),
    });
  });

  it("TLS: an authority that nobody named, one that cannot be read, a server that does not speak it", async () => {
    const code = "repository-unreachable";
    const unknown = {
      address: `rest:https://127.0.0.1:${tls}/x/`,
      code,
      says: [/is not trusted \(restic: .*x509: /],
    };
    await insist(unknown);
    await insist({ ...unknown, address: `s3:https://127.0.0.1:${tls}/bucket`, env: KEYS });
    await insist({ ...unknown, code: "repository-missing", env: { SSL_CERT_FILE: certificate }, says: [] });
    await insist({
      address: `rest:https://127.0.0.1:${plain}/x/`,
      code,
      says: [/does not speak TLS.*HTTP response to HTTPS/],
    });
  });

  it("S3: no keys, an unknown key, a wrong secret, a key that may only read", async () => {
    const code = "repository-unreachable";
    const { address } = s3;
    await insist({
      address,
      code,
      says: [/credentials are missing|refuses to be read/],
      env: { AWS_EC2_METADATA_DISABLED: "true" },
    });
    const unknown = { ...KEYS, AWS_ACCESS_KEY_ID: "unknown" };
    await insist({
      address,
      code,
      env: unknown,
      says: [/does not accept the credentials.*Access Key Id you provided/],
    });
    const wrong = { ...KEYS, AWS_ACCESS_KEY_ID: "wrong-secret" };
    await insist({
      address,
      code,
      env: wrong,
      says: [/does not accept the credentials.*signature we calculated/],
    });
    const readOnly = {
      address,
      env: READ_ONLY,
      code: "repository-read-only",
      says: [/may not be written to.*Access Denied/],
    };
    await insist({ ...readOnly, ask: (to) => to.create(never) });
  });

  it("S3: a bucket that is missing; `create` makes it, and the repository in it", async () => {
    const says = [/^The bucket .* does not exist \(restic: .*bucket does not exist/];
    await insist({ address: `${s3.address}-more`, env: KEYS, code: "repository-missing", says });
    const repository = open(`${s3.address}-more`, KEYS);
    assert.deepEqual(await repository.create(never), { ok: true, value: undefined });
    assert.ok((await repository.publish(request("content"), never)).ok);
    const listed = await repository.list(never);
    assert.equal(listed.ok && listed.value.length, 1);
  });

  it("S3: a key that may not delete: publishing goes on, thinning out is refused and says append-only", async () => {
    const repository = open(s3.address, KEYS);
    assert.ok((await repository.create(never)).ok);
    const appending = { ...KEYS, AWS_ACCESS_KEY_ID: "may-append" };
    for (const text of ["one", "two"])
      assert.ok((await open(s3.address, appending).publish(request(text), never)).ok);
    await insist({
      address: s3.address,
      env: appending,
      code: "repository-append-only",
      says: [/^Nothing may be removed.*Access Denied/],
      ask: (to) => forgetBy(to, "--keep-last=1"),
    });
    const readOnly = {
      address: s3.address,
      env: READ_ONLY,
      code: "repository-read-only",
      says: [/may not be written to/],
    };
    await insist({ ...readOnly, ask: (to) => to.publish(request("three"), never) });
    assert.ok((await open(s3.address, READ_ONLY).list(never)).ok);
  });

  it("other storage without credentials, or without the program that speaks to it", async () => {
    const code = "repository-unreachable";
    await insist({ address: "b2:bucket:x", code, says: [/credentials are missing.*B2_ACCOUNT_ID/] });
    await insist({ address: "swift:container:/x", code, says: [/credentials are missing/] });
    const gone = { GOOGLE_PROJECT_ID: "x", GOOGLE_APPLICATION_CREDENTIALS: "/nowhere" };
    await insist({
      address: "gs:bucket:/x",
      env: gone,
      code,
      says: [/credentials are missing.*no such file/],
    });
    const PATH = onlyRestic();
    for (const [address, program] of [
      ["sftp:me@127.0.0.1:/x", "ssh"],
      ["rclone:remote:x", "rclone"],
    ] as const)
      await insist({
        address,
        env: { PATH },
        code: "restic-failed",
        says: [/is not installed/, new RegExp(program)],
      });
    const nowhere = await open("rclone:nowhere:x").list(never);
    // restic may end before it has read what rclone says.
    assert.match(
      nowhere.ok ? "" : nowhere.problem.message,
      /rclone does not know the remote|rclone could not open the storage/,
    );
  });

  it("a setting that restic refuses", async () => {
    const env = { RESTIC_FEATURES: "nonsense" };
    const result = await open(join(folder, "none"), env).list(never);
    // 0.14 knows no features.
    assert.match(
      result.ok ? "" : result.problem.message,
      /does not understand one of its settings|no restic repository/,
    );
  });
});

describe("a failure that may pass", () => {
  it("is left to restic's patience once the repository is open", async () => {
    let refusals = 0;
    const inner = await createS3();
    const port = Number(new URL(inner.address.slice(3)).port);
    const proxy = http.createServer((incoming, answer) => {
      const { method, headers, url: path = "" } = incoming;
      // The first two attempts to read the key are cut off.
      if (method === "GET" && /\/keys\/\w/.test(path) && refusals < 2) {
        refusals++;
        incoming.socket.destroy();
        return;
      }
      const onward = http.request({ host: "127.0.0.1", port, method, headers, path }, (reply) => {
        answer.writeHead(reply.statusCode ?? 500, reply.headers);
        reply.pipe(answer);
      });
      incoming.pipe(onward);
    });
    const address = `s3:http://127.0.0.1:${await listen(proxy)}/bucket`;
    assert.ok((await open(inner.address, KEYS).create(never)).ok);
    assert.deepEqual(await open(address, KEYS).list(never), { ok: true, value: [] });
    assert.equal(refusals, 2);
  });

  it("is left to its patience, but told, when nobody answers at all", async () => {
    const address = `rest:http://127.0.0.1:${await listen(createServer())}/x/`;
    const result = await open(address, {}, { limits: { list: 1_000 } }).list(never);
    assert.equal(!result.ok && result.problem.code, "repository-timeout");
  });
});

/** A folder that holds restic and no other program. */
function onlyRestic(): string {
  const at = makeFolder();
  execFileSync("ln", [
    "-s",
    execFileSync("sh", ["-c", "command -v restic"], { encoding: "utf8" }).trim(),
    at,
  ]);
  return at;
}
