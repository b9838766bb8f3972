import assert from "node:assert/strict";
import { join } from "node:path";
import { projectFolder } from "../../lab/paths.ts";
import { freePort } from "../../lab/ports.ts";
import { waitFor } from "../../lab/wait.ts";
import type { Checklist } from "../checklist.ts";
import { openContainer } from "../container.ts";
import { docker, inspect } from "../engine.ts";
import { PATIENCE } from "../pair.ts";

const USER = "1000:1000";
/** Of the container, and of its volume. */
const NAME = `replicator-kuma-confined-${process.pid}`;

/** One container with all rights taken from it that an image can do without. */
export async function checkConfined({ check }: Checklist, image: string): Promise<void> {
  const promise = "publishes with a read-only root, no capability, no new privilege and another user";
  await check(promise, () => publishConfined(image).finally(removeConfined));
}

/** Leaves nothing of it behind, whether it is there or not. */
export async function removeConfined(): Promise<void> {
  await docker(["rm", "--force", "--volumes", NAME]);
  await docker(["volume", "rm", "--force", NAME]);
}

async function publishConfined(image: string): Promise<void> {
  const container = openContainer(NAME, NAME, await startConfined(image));
  await container.kuma.until(
    "its account",
    (kuma) => kuma.addMonitor({ type: "port", name: "confined", hostname: "127.0.0.1", port: 9 }),
    { timeout: PATIENCE },
  );
  await container.syncNow();
  const isPublished = async () => (await container.log()).includes("Published snapshot") || undefined;
  await waitFor("a publish", isPublished, { timeout: PATIENCE });
  assert.equal((await container.health()).exitCode, 0);
  container.kuma.close();
  await docker(["stop", NAME]);
  assert.equal(await inspect(NAME, ".State.ExitCode"), 0);
}

/** @returns where its Kuma answers */
async function startConfined(image: string): Promise<string> {
  const volume = `${NAME}:/app/data`;
  // A new volume belongs to whom the base says; whoever runs it as another user has done this too.
  await docker([
    "run",
    "--rm",
    "--user",
    "0",
    "--volume",
    volume,
    "--entrypoint",
    "chown",
    image,
    "-R",
    USER,
    "/app/data",
  ]);
  const port = await freePort();
  const password = join(projectFolder, "restic-password.example");
  const environment = {
    REPLICATOR_MODE: "BACKUP",
    RESTIC_REPOSITORY: "/app/data/repository",
    RESTIC_PASSWORD_FILE: "/run/secrets/restic",
    UPTIME_KUMA_DB_TYPE: "sqlite",
  };
  const confinement = [
    "--read-only",
    "--tmpfs",
    "/tmp",
    "--cap-drop",
    "ALL",
    "--security-opt",
    "no-new-privileges",
  ];
  await docker([
    "run",
    "--detach",
    "--name",
    NAME,
    ...confinement,
    ...["--user", USER, "--volume", volume, "--publish", `127.0.0.1:${port}:3001`],
    ...["--volume", `${password}:/run/secrets/restic:ro`],
    ...Object.entries(environment).flatMap(([key, value]) => ["--env", `${key}=${value}`]),
    image,
  ]);
  return `http://127.0.0.1:${port}`;
}
