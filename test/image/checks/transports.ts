import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PATIENCE, waitFor } from "../../support/wait.ts";
import { type Alone, publishAlone } from "../alone.ts";
import type { Checklist } from "../checklist.ts";
import { buildImage, docker } from "../engine.ts";

/** Of all that is made here, each with an end of its own. */
const NAME = `replicator-kuma-transport-${process.pid}`;
const SERVER = `${NAME}-server`;
const KEYS = `${NAME}-keys`;
const DATA = `${NAME}-data`;
const RCLONE_IMAGE = `${NAME}:rclone`;
/** Of nobody in the image, such as OpenShift gives to a container. */
const STRANGER = 1_000_680_000;

/** What reaches a repository by another program than restic: sftp: by ssh, rclone: by rclone. */
export async function checkTransports({ check }: Checklist, image: string, base: string): Promise<void> {
  await check("publishes over sftp, with a key and known_hosts", () =>
    publishBySftp(image).finally(removeOne),
  );
  await check("publishes over sftp as a user without an account, given a line for passwd", () =>
    publishAsStranger(image).finally(removeOne),
  );
  await check("built with RCLONE, publishes through rclone", () => publishByRclone(base).finally(removeOne));
}

/** Leaves nothing of it behind, whether it is there or not. */
export async function removeTransports(): Promise<void> {
  await removeOne();
  await docker(["rm", "--force", "--volumes", SERVER]);
  await docker(["volume", "rm", "--force", KEYS, DATA]);
  await docker(["image", "rm", "--force", RCLONE_IMAGE, SERVER]);
  if ((await docker(["network", "ls", "--quiet", "--filter", `name=^${NAME}$`])) !== "")
    await docker(["network", "rm", NAME]);
}

async function removeOne(): Promise<void> {
  await docker(["rm", "--force", "--volumes", NAME]);
}

async function publishBySftp(image: string): Promise<void> {
  await startServer(image);
  const owner = await docker(["run", "--rm", "--entrypoint", "id", image, "-u"]);
  await giveKeyTo(owner.trim(), image);
  await publishAlone(await overSftp(image, "first"));
}

async function publishAsStranger(image: string): Promise<void> {
  await giveKeyTo(String(STRANGER), image);
  const folder = mkdtempSync(join(tmpdir(), "replicator-passwd-"));
  try {
    const passwd = join(folder, "passwd");
    const accounts = await docker(["run", "--rm", "--entrypoint", "cat", image, "/etc/passwd"]);
    writeFileSync(passwd, `${accounts}\nkuma:x:${STRANGER}:0::/tmp:/bin/sh\n`);
    const { args, ...rest } = await overSftp(image, "second");
    // An empty volume takes over the owner of the folder in the image, each time.
    const data = ["--volume", `${DATA}:/app/data:nocopy`];
    const own = ["--entrypoint", "chown", image, String(STRANGER), "/app/data"];
    await docker(["run", "--rm", "--user", "0", ...data, ...own]);
    const more = ["--user", `${STRANGER}:0`, ...data];
    await publishAlone({ ...rest, args: [...args, ...more, "--volume", `${passwd}:/etc/passwd:ro`] });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function publishByRclone(base: string): Promise<void> {
  const isApt = process.env.RESTIC_FROM === "apt";
  const rclone = isApt ? "apt" : "image";
  await buildImage(RCLONE_IMAGE, {
    KUMA_IMAGE: base,
    RESTIC_FROM: process.env.RESTIC_FROM || "image",
    RCLONE: rclone,
  });
  await publishAlone({
    image: RCLONE_IMAGE,
    name: NAME,
    args: [],
    env: { RESTIC_REPOSITORY: "rclone:here:/app/data/repository", RCLONE_CONFIG_HERE_TYPE: "local" },
  });
}

/** An SFTP server, a key that it takes, and its own in known_hosts: made by the image's programs, as README says. */
async function startServer(image: string): Promise<void> {
  await buildImage(SERVER, {}, readFileSync(new URL("../inside/sftp.Dockerfile", import.meta.url), "utf8"));
  await docker(["network", "create", NAME]);
  await inKeys(image, "ssh-keygen -q -t ed25519 -N '' -f /ssh/key");
  const network = ["--network", NAME, "--network-alias", "sftp"];
  await docker(["run", "--detach", "--name", SERVER, ...network, "--volume", `${KEYS}:/ssh:ro`, SERVER]);
  await waitFor(
    "the server's key",
    async () => {
      await inKeys(image, "ssh-keyscan -t ed25519 sftp > /ssh/known_hosts 2>/dev/null || true");
      return (await inKeys(image, "cat /ssh/known_hosts")) || undefined;
    },
    { timeout: PATIENCE },
  );
}

function giveKeyTo(user: string, image: string): Promise<string> {
  return inKeys(image, `chown ${user} /ssh/key && chmod 600 /ssh/key`);
}

function inKeys(image: string, line: string): Promise<string> {
  const volume = ["--network", NAME, "--user", "0", "--volume", `${KEYS}:/ssh`];
  return docker(["run", "--rm", ...volume, "--entrypoint", "sh", image, "-c", line]);
}

async function overSftp(image: string, repository: string): Promise<Alone> {
  const ssh = "-i /run/secrets/ssh/key -o UserKnownHostsFile=/run/secrets/ssh/known_hosts";
  // restic 0.14 has no sftp.args, 0.18 has.
  const options = await docker(["run", "--rm", "--entrypoint", "restic", image, "options"]);
  const option = options.includes("sftp.args")
    ? `sftp.args=${ssh}`
    : `sftp.command=ssh ${ssh} root@sftp -s sftp`;
  assert.match(options, /sftp\./);
  return {
    image,
    name: NAME,
    args: ["--network", NAME, "--volume", `${KEYS}:/run/secrets/ssh:ro`],
    env: {
      RESTIC_REPOSITORY: `sftp:root@sftp:/srv/kuma/${repository}`,
      REPLICATOR_RESTIC_OPTIONS: `-o "${option}"`,
    },
  };
}
