import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { freePort, untilListening } from "./ports.ts";
import { makeFolder } from "./repository.ts";

const SSHD = "/usr/sbin/sshd";

/** Why there can be no sshd here; false when there can. */
export const whyNoSshd =
  (!existsSync(SSHD) && "no sshd here") || (process.getuid?.() !== 0 && "sshd needs root to log anybody in");

/** An sshd of our own, with a host key and one user's key; nobody knows the former, and nobody is let in. */
export async function serveSsh() {
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
