import assert from "node:assert/strict";
import { join } from "node:path";
import { projectFolder } from "../support/paths.ts";
import { freePort } from "../support/ports.ts";
import { PATIENCE, waitFor } from "../support/wait.ts";
import { openContainer } from "./container.ts";
import { docker, inspect, logsOf } from "./engine.ts";

/** One primary by itself. */
export interface Alone {
  readonly image: string;
  readonly name: string;
  /** Arguments of `docker run`. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What else is looked at after the publish. @param shell runs a line in it, and gives what that wrote */
  readonly whileItRuns?: (shell: (line: string) => Promise<string>) => Promise<void>;
}

const ENVIRONMENT = {
  REPLICATOR_MODE: "BACKUP",
  RESTIC_PASSWORD_FILE: "/run/secrets/restic",
  UPTIME_KUMA_DB_TYPE: "sqlite",
};

/**
 * Starts it, adds a monitor, waits for the publish of that, and stops it; throws what it said when it does not come.
 */
export async function publishAlone(alone: Alone): Promise<void> {
  const { name } = alone;
  const container = openContainer(name, name, await start(alone));
  try {
    await container.kuma.until(
      "its account",
      (kuma) => kuma.addMonitor({ type: "port", name: "alone", hostname: "127.0.0.1", port: 9 }),
      { timeout: PATIENCE },
    );
    await container.syncNow();
    const isPublished = async () => (await container.log()).includes("Published snapshot") || undefined;
    await waitFor("a publish", isPublished, { timeout: PATIENCE });
    assert.equal((await container.health()).exitCode, 0);
    await alone.whileItRuns?.(container.shell);
  } catch (error) {
    const own = (await logsOf(name)).split("\n").filter((line) => line.includes("[REPLICATOR]"));
    throw new Error([error instanceof Error ? error.message : error, ...own.slice(-5)].join("\n"));
  } finally {
    container.kuma.close();
  }
  await docker(["stop", name]);
  assert.equal(await inspect(name, ".State.ExitCode"), 0);
}

/** @returns where its Kuma answers */
async function start({ image, name, args, env }: Alone): Promise<string> {
  const port = await freePort();
  const password = join(projectFolder, "docker/restic-password.example");
  await docker([
    "run",
    "--detach",
    ...["--name", name, "--publish", `127.0.0.1:${port}:3001`],
    ...["--volume", `${password}:/run/secrets/restic:ro`],
    ...args,
    ...Object.entries({ ...ENVIRONMENT, ...env }).flatMap(([key, value]) => ["--env", `${key}=${value}`]),
    image,
  ]);
  return `http://127.0.0.1:${port}`;
}
