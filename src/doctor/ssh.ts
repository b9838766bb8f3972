import { access, constants, stat } from "node:fs/promises";
import { userInfo } from "node:os";
import { execa } from "execa";
import type { ResticConfig } from "../config/index.ts";
import { errorMessage } from "../format.ts";
import { type Finding, failed, ok } from "./finding.ts";
import { sftpTarget } from "./repository-address.ts";

/** Milliseconds. ssh and ssh-keygen only read files here. */
const LIMIT = 10_000;
const CHECK = "ssh";

/**
 * For an sftp repository: whether ssh is there, may use its key, and knows the server's host key. restic gives only
 * "unable to start the sftp session" for all of these. Nothing is sent: ssh itself says what it would do (ssh -G).
 * @param args restic's option sftp.args, in words
 */
export async function checkSsh({ restic }: { readonly restic: ResticConfig }): Promise<Finding[]> {
  const target = sftpTarget(restic.env);
  const options = restic.options ?? [];
  // Whoever names a command of their own knows what it needs.
  if (target === undefined || options.some((each) => each.startsWith("--option=sftp.command="))) return [];
  const port = target.port === undefined ? [] : ["-p", target.port];
  const asked = await run(restic.env, "ssh", ["-G", ...port, ...sftpArgs(options), target.destination]);
  if (asked.missing)
    return [
      failed(CHECK, {
        message: "An sftp repository needs the program ssh, which is not here.",
        advice: "Use this project's image, or install openssh-client.",
      }),
    ];
  const unusable = /^(?:Warning: )?Identity file (.+) not accessible: (.+)\.$/m.exec(asked.stderr);
  if (asked.failed || unusable !== null)
    return [
      failed(CHECK, {
        message: unusable
          ? `ssh cannot read its key ${unusable[1]} (${unusable[2]}).`
          : `ssh refuses to start (${asked.stderr.trim().split("\n").at(-1)}).`,
        advice:
          "Check the sftp.args in REPLICATOR_RESTIC_OPTIONS, and that the files that it names are mounted.",
      }),
    ];
  const settings = readSettings(asked.stdout);
  const keys = await checkKeys(settings, restic.env);
  return [
    keys ??
      (await checkHostKey(settings, restic.env)) ??
      ok(CHECK, `ssh has a key for ${target.destination}, and knows the server's.`),
  ];
}

/** The words of restic's sftp.args. restic splits them as a shell would; none of ours need more than quotes. */
function sftpArgs(options: readonly string[]): string[] {
  const text =
    options.findLast((each) => each.startsWith("--option=sftp.args="))?.split("sftp.args=")[1] ?? "";
  return (text.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []).map((word) => word.replaceAll(/["']/g, ""));
}

type Settings = ReadonlyMap<string, readonly string[]>;

/** ssh's settings as `ssh -G` prints them: a name and its value a line; some names come several times. */
function readSettings(text: string): Settings {
  const settings = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [name = "", ...value] = line.split(" ");
    settings.set(name, [...(settings.get(name) ?? []), value.join(" ")]);
  }
  return settings;
}

/** ssh refuses a key of its user's that others may read, and goes on without it. */
async function checkKeys(settings: Settings, env: ResticConfig["env"]): Promise<Finding | undefined> {
  let usable = 0;
  for (const file of (settings.get("identityfile") ?? []).map(atHome)) {
    const info = await stat(file).catch(() => undefined);
    if (info === undefined) continue;
    if (info.uid === process.getuid?.() && (info.mode & 0o077) !== 0)
      return failed(CHECK, {
        message: `The key ${file} is open to other users (mode ${(info.mode & 0o777).toString(8)}), so ssh does not use it.`,
        advice: `chmod 600 ${file}; for a mounted secret, set its mode to 0400.`,
      });
    const unreadable = await access(file, constants.R_OK).then(() => undefined, errorMessage);
    if (unreadable !== undefined)
      return failed(CHECK, {
        message: `ssh cannot read its key ${file} (${unreadable}).`,
        advice: `Give it to the user that the container runs as (chown ${process.getuid?.()}).`,
      });
    usable += 1;
  }
  if (usable > 0 || env.SSH_AUTH_SOCK) return undefined;
  return failed(CHECK, {
    message: "ssh has no key, and nobody to ask for a password.",
    advice: 'Mount one, and name it: REPLICATOR_RESTIC_OPTIONS=-o "sftp.args=-i /run/secrets/ssh/key".',
  });
}

/** With nobody to ask, ssh refuses a server whose host key it does not know. */
async function checkHostKey(settings: Settings, env: ResticConfig["env"]): Promise<Finding | undefined> {
  const one = (name: string) => settings.get(name)?.[0] ?? "";
  if (["no", "off", "false", "accept-new"].includes(one("stricthostkeychecking"))) return undefined;
  const host = one("hostkeyalias") || one("hostname");
  const name = one("port") === "22" ? host : `[${host}]:${one("port")}`;
  const own = one("userknownhostsfile").split(" ").map(atHome);
  for (const file of [...own, ...one("globalknownhostsfile").split(" ")]) {
    const { stdout } = await run(env, "ssh-keygen", ["-F", name, "-f", file]);
    if (stdout.trim() !== "") return undefined;
  }
  return failed(CHECK, {
    message: `The host key of ${name} is not in ${own[0]}, so ssh refuses the server.`,
    advice: `Run \`ssh-keyscan -p ${one("port")} ${one("hostname")} >> ${own[0]}\`, and compare the key with the server's.`,
  });
}

/** ssh's ~ is the home of the user's account, whatever HOME says. */
function atHome(file: string): string {
  return file.replace(/^~(?=\/)/, userInfo().homedir);
}

async function run(env: ResticConfig["env"], program: string, args: readonly string[]) {
  const done = await execa(program, args, {
    env,
    extendEnv: false,
    stdin: "ignore",
    timeout: LIMIT,
    reject: false,
  });
  return {
    stdout: done.stdout ?? "",
    stderr: done.stderr ?? "",
    failed: done.failed,
    missing: done.code === "ENOENT",
  };
}
