import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { freePort, untilListening } from "./ports.ts";

const SSHD = "/usr/sbin/sshd";

/** Why there can be no sshd here; false when there can. */
export const whyNoSshd =
  (!existsSync(SSHD) && "no sshd here") || (process.getuid?.() !== 0 && "sshd needs root to log anybody in");

/** Makes a key pair, NAME and NAME.pub, in a folder. */
export function makeKey(at: string, name: string): void {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(at, name)]);
}

/**
 * An sshd of our own, with a host key and one user's key; nobody knows the former, and nobody is let in. It ends with
 * us.
 * @param at a folder for keys and repository; the keys of a former one there are taken again
 * @param atPort a free one when left out
 */
export async function serveSsh(at: string, atPort?: number) {
  const port = atPort ?? (await freePort());
  for (const name of ["host", "user"]) if (!existsSync(join(at, name))) makeKey(at, name);
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
  const command = [SSHD, "-D", "-f", "/dev/null", "-p", String(port), ...options];
  const sshd = spawn("setpriv", ["--pdeathsig", "KILL", ...command], { stdio: "ignore" });
  const ended = once(sshd, "exit");
  await untilListening(port);
  // ssh looks for its files in the home of the user database, whatever HOME says.
  const files = {
    UserKnownHostsFile: join(at, "known_hosts"),
    IdentityFile: join(at, "user"),
    IdentitiesOnly: "yes",
  };
  const client = Object.entries(files).map(([name, value]) => `-o${name}=${value}`);
  const script = `#!/bin/sh\nexec /usr/bin/ssh -F /dev/null ${client.join(" ")} "$@"\n`;
  mkdirSync(join(at, "bin"), { recursive: true });
  writeFileSync(join(at, "bin", "ssh"), script, { mode: 0o755 });
  const user = userInfo().username;
  return {
    address: `sftp://${user}@127.0.0.1:${port}/${join(at, "repository")}`,
    PATH: `${join(at, "bin")}:${process.env.PATH}`,
    port,
    user,
    publicKey: (name: string) => readFileSync(join(at, `${name}.pub`), "utf8"),
    close: async () => {
      sshd.kill("SIGKILL");
      await ended;
    },
  };
}
