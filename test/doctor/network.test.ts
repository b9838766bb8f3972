import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { checkProxy, checkSsh } from "../../src/doctor/index.ts";
import { freePort } from "../support/ports.ts";
import { makeFolder, never, open } from "../support/repository.ts";
import { serveSsh, whyNoSshd } from "../support/ssh-server.ts";
import { PATIENCE } from "../support/wait.ts";

describe("check of the proxy", () => {
  const REPOSITORY = "s3:https://s3.example.com/bucket";
  const NTFY = { server: "http://ntfy.lan", topic: "t", authorization: undefined };
  let server: Server;
  let alive: string;
  let dead: string;

  before(async () => {
    server = createServer((socket) => socket.destroy());
    alive = `127.0.0.1:${await freePort()}`;
    dead = `127.0.0.1:${await freePort()}`;
    await new Promise<void>((resolve) => server.listen(Number(alive.split(":")[1]), "127.0.0.1", resolve));
  });
  after(() => server.close());

  const check = (env: Record<string, string>, ntfy?: typeof NTFY) =>
    checkProxy({ restic: { env: { RESTIC_REPOSITORY: REPOSITORY, ...env } }, ntfy });

  it("says that none is used, or what goes through which", async () => {
    assert.equal((await check({})).message, "Not used.");
    const through = await check({ HTTPS_PROXY: `http://user:secret@${alive}` });
    assert.equal(through.status, "ok");
    assert.equal(through.message, `The repository (s3.example.com) goes through ${alive}.`);
    const past = await check({ HTTPS_PROXY: `http://${dead}`, NO_PROXY: "example.com" });
    assert.deepEqual([past.status, /is reached without it/.test(past.message)], ["ok", true]);
    const folder = await check({ HTTPS_PROXY: `http://${dead}`, RESTIC_REPOSITORY: "/repository" });
    assert.equal(folder.status, "ok");
  });

  it("fails where nothing listens, and names the variable; restic fails in the same way", async () => {
    const env = { HTTPS_PROXY: `http://${dead}`, RESTIC_REPOSITORY: "rest:https://rest.example.com/" };
    const found = await check(env);
    assert.equal(found.status, "error");
    assert.match(
      found.message,
      /rest\.example\.com.*proxy 127\.0\.0\.1:\d+, which cannot be reached \(.*ECONNREFUSED/,
    );
    assert.match(found.advice ?? "", /HTTPS_PROXY, or add rest\.example\.com to NO_PROXY/);
    const listed = await open(env.RESTIC_REPOSITORY, { HTTPS_PROXY: env.HTTPS_PROXY }).list(never);
    assert.equal(listed.ok, false);
    assert.match(listed.ok ? "" : listed.problem.message, /proxyconnect|refused|reached/);
  });

  it("warns of a private host behind it, of two spellings, and of ALL_PROXY alone", async () => {
    const inside = await check({ HTTP_PROXY: alive }, NTFY);
    assert.equal(inside.status, "warn");
    assert.match(inside.message, /ntfy \(ntfy\.lan\) is in a private network/);
    const torn = await check({ HTTPS_PROXY: alive, https_proxy: dead });
    assert.match(torn.message, /^HTTPS_PROXY and the same in small letters differ/);
    const all = await check({ ALL_PROXY: `socks5://${alive}` });
    assert.deepEqual([all.status, /ALL_PROXY/.test(all.message)], ["warn", true]);
  });
});

describe("check of ssh", { skip: whyNoSshd, timeout: PATIENCE }, () => {
  it("says nothing of other repositories, and of a command of one's own", async () => {
    const check = (address: string, options: string[] = []) =>
      checkSsh({ restic: { env: { PATH: process.env.PATH ?? "", RESTIC_REPOSITORY: address }, options } });
    assert.deepEqual(await check("/repository"), []);
    assert.deepEqual(await check("sftp:host:/r", ["--option=sftp.command=my-ssh"]), []);
  });

  it("names a key that is missing, open to others, and a host key that is unknown; then all is ok", async () => {
    const at = makeFolder();
    const { address, PATH, port, publicKey, close } = await serveSsh(at);
    after(close);
    const restic = { env: { PATH, RESTIC_REPOSITORY: address } };
    const check = async (options: string[] = []) => (await checkSsh({ restic: { ...restic, options } }))[0];
    const known = join(at, "known_hosts");
    writeFileSync(join(at, "authorized_keys"), publicKey("user"));
    const list = () => open(address, { PATH }).list(never);

    const missing = await check(["--option=sftp.args=-i '/no such/key'"]);
    assert.equal(missing?.status, "error");
    assert.match(missing?.message ?? "", /cannot read its key \/no such\/key/);

    const unknown = await check();
    assert.equal(unknown?.status, "error");
    assert.match(
      unknown?.message ?? "",
      new RegExp(`host key of \\[127\\.0\\.0\\.1\\]:${port} is not in ${known}`),
    );
    assert.match(unknown?.advice ?? "", new RegExp(`ssh-keyscan -p ${port} 127\\.0\\.0\\.1`));
    assert.equal((await list()).ok, false);

    writeFileSync(known, `[127.0.0.1]:${port} ${publicKey("host")}`);
    chmodSync(join(at, "user"), 0o644);
    const open644 = await check();
    assert.equal(open644?.status, "error");
    assert.match(open644?.message ?? "", /open to other users \(mode 644\)/);
    assert.equal((await list()).ok, false, "ssh does not use it");

    chmodSync(join(at, "user"), 0o600);
    assert.equal((await check())?.status, "ok");
    const created = await open(address, { PATH }).create(never);
    assert.ok(created.ok, "the repository can be reached");
  });

  it("fails without the program", async () => {
    const env = { PATH: "/nowhere", RESTIC_REPOSITORY: "sftp:host:/r" };
    const [found] = await checkSsh({ restic: { env } });
    assert.match(found?.message ?? "", /needs the program ssh/);
  });
});
