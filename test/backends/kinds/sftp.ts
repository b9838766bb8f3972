import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeKey, serveSsh } from "../../support/ssh-server.ts";
import type { Backend, Env, Restic } from "../backend.ts";

/** An sshd of our own; key and known_hosts are given as docs/backends.md says. */
export const sftpBackend: Backend = {
  name: "sftp",
  open: async (folder, restic) => {
    let server = await serveSsh(folder);
    const { port, user, publicKey } = server;
    for (const name of ["reader", "stranger"]) makeKey(folder, name);
    // `restrict,command=`: this key may only read, whatever its client asks for.
    const reader = `restrict,command="internal-sftp -R" ${publicKey("reader")}`;
    writeFileSync(join(folder, "authorized_keys"), `${publicKey("user")}${reader}`);
    const known = (file: string, hostKey: string) =>
      writeFileSync(join(folder, file), `[127.0.0.1]:${port} ${hostKey}`);
    known("known_hosts", publicKey("host"));
    known("changed_hosts", publicKey("stranger"));
    writeFileSync(join(folder, "no_hosts"), "");
    const at = (identity: string, hosts = "known_hosts"): Env => ({
      RESTIC_REPOSITORY: `sftp:${user}@127.0.0.1:${join(folder, "repository")}`,
      REPLICATOR_RESTIC_OPTIONS: sshOptions(restic, {
        port,
        user,
        key: join(folder, identity),
        hosts: join(folder, hosts),
      }),
    });
    return {
      full: at("user"),
      readOnly: at("reader"),
      mistakes: [
        {
          name: "a host key that is not known",
          mode: "RESTORE",
          env: at("user", "no_hosts"),
          says: /ssh does not know the SSH server's host key|ssh could not open a session/,
        },
        {
          name: "a host key that has changed",
          mode: "BACKUP",
          env: at("user", "changed_hosts"),
          says: /shows another host key than the one in known_hosts|ssh could not open a session/,
        },
        {
          name: "a key that the server does not accept",
          mode: "RESTORE",
          env: at("stranger"),
          says: /The SSH server refuses the key|ssh could not open a session/,
        },
        {
          name: "a folder with no repository",
          mode: "RESTORE",
          env: { ...at("user"), RESTIC_REPOSITORY: `sftp:${user}@127.0.0.1:${join(folder, "missing")}` },
          says: /There is no restic repository where RESTIC_REPOSITORY points/,
        },
      ],
      whenReadOnly: /The restic repository may not be written to.*permission denied/,
      whenAway: /The restic repository cannot be reached.*Connection refused|ssh could not open a session/,
      away: () => server.close(),
      back: async () => {
        server = await serveSsh(folder, port);
      },
      close: () => server.close(),
    };
  },
};

/** restic 0.14 has no `sftp.args`: there the whole command stands in its place. */
function sshOptions(
  { version }: Restic,
  { port, user, key, hosts }: { port: number; user: string; key: string; hosts: string },
): string {
  const args = `-p ${port} -i ${key} -o UserKnownHostsFile=${hosts}`;
  return version.startsWith("0.14.")
    ? `-o "sftp.command=ssh ${args} ${user}@127.0.0.1 -s sftp"`
    : `-o "sftp.args=${args}"`;
}
