import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { freePort, untilListening } from "../support/ports.ts";
import { makeFolder, never, open, request } from "../support/repository.ts";

const SSHD = "/usr/sbin/sshd";
const whyNot =
  (!existsSync(SSHD) && "no sshd here") || (process.getuid?.() !== 0 && "sshd needs root to log anybody in");

describe("a repository behind sftp", { skip: whyNot }, () => {
  it("is published to and listed; what ssh says of a failure is told", async () => {
    const { address, PATH, port, at, publicKey } = await serveSsh();
    const list = () => open(address, { PATH }).list(never);
    const fails = async (words: RegExp) => {
      // From 0.18 on restic may end before it has read what ssh says: then the advice names all that it can be.
      for (let attempt = 0; attempt < 30; attempt++) {
        const result = await list();
        assert.ok(!result.ok);
        assert.equal(result.problem.code, "repository-unreachable");
        if (words.test(result.problem.message)) return;
        assert.match(result.problem.message, /^ssh could not open a session/);
        assert.match(result.problem.advice, /known_hosts/);
      }
      assert.fail(`never said: ${words}`);
    };
    const known = (key: string) => writeFileSync(join(at, "known_hosts"), `[127.0.0.1]:${port} ${key}`);
    await fails(/^ssh does not know the SSH server's host key \(restic: .*Host key verification failed/);
    known(publicKey("user"));
    await fails(/another host key than the one in known_hosts \(restic: .*IDENTIFICATION HAS CHANGED/);
    known(publicKey("host"));
    await fails(/^The SSH server refuses the key \(restic: .*Permission denied \(publickey/);

    writeFileSync(join(at, "authorized_keys"), publicKey("user"));
    const repository = open(address, { PATH });
    assert.ok((await repository.create(never)).ok);
    assert.ok((await repository.publish(request("over ssh"), never)).ok);
    const listed = await list();
    assert.equal(listed.ok && listed.value.length, 1);
  });
});

/** An sshd of our own, with a host key and one user's key; nobody knows the former, and nobody is let in. */
async function serveSsh() {
  const at = makeFolder();
  const port = await freePort();
  for (const name of ["host", "user"])
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(at, name)]);
  const settings = {
    HostKey: join(at, "host"),
    AuthorizedKeysFile: join(at, "authorized_keys"),
    PidFile: "none",
    StrictModes: "no",
    UsePAM: "no",
    PasswordAuthentication: "no",
    KbdInteractiveAuthentication: "no",
    Subsystem: "sftp internal-sftp",
  };
  // What it wants to exist, though it is empty.
  mkdirSync("/run/sshd", { recursive: true });
  const options = Object.entries(settings).map(([name, value]) => `-o${name}=${value}`);
  const sshd = spawn(SSHD, ["-D", "-f", "/dev/null", "-p", String(port), ...options], { stdio: "ignore" });
  after(() => sshd.kill("SIGKILL"));
  await untilListening(port);
  // ssh looks for its files in the home of the user database, whatever HOME says.
  const files = {
    UserKnownHostsFile: join(at, "known_hosts"),
    IdentityFile: join(at, "user"),
    IdentitiesOnly: "yes",
  };
  const client = Object.entries(files).map(([name, value]) => `-o${name}=${value}`);
  const script = `#!/bin/sh\nexec /usr/bin/ssh -F /dev/null ${client.join(" ")} "$@"\n`;
  mkdirSync(join(at, "bin"));
  writeFileSync(join(at, "bin", "ssh"), script, { mode: 0o755 });
  return {
    address: `sftp://${userInfo().username}@127.0.0.1:${port}/${join(at, "repository")}`,
    PATH: `${join(at, "bin")}:${process.env.PATH}`,
    port,
    at,
    publicKey: (name: string) => readFileSync(join(at, `${name}.pub`), "utf8"),
  };
}
