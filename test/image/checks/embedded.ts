import assert from "node:assert/strict";
import { freePort } from "../../support/ports.ts";
import { PATIENCE, waitFor } from "../../support/wait.ts";
import type { Checklist } from "../checklist.ts";
import { type Container, openContainer } from "../container.ts";
import { buildImage, docker, inspect, logsOf } from "../engine.ts";

/** Of all that is made here, each with an end of its own. */
const NAME = `replicator-kuma-embedded-${process.pid}`;
const [PRIMARY, REPLICA, IMAGE] = [`${NAME}-primary`, `${NAME}-replica`, `${NAME}:image`];

/** The stand-in for the public base lacks MariaDB; slim images do, too. */
const WITH_MARIADB = (image: string, user: string) => `FROM ${image}
USER root
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends mariadb-server
USER ${user || "root"}
`;

/** A replica whose Uptime Kuma starts its own MariaDB follows a primary on SQLite. */
export async function checkEmbedded({ check }: Checklist, image: string): Promise<void> {
  await check(
    "applies a snapshot to Uptime Kuma's embedded MariaDB, and leaves no server but the next Kuma's",
    () => follow(image).finally(removeEmbedded),
  );
}

/** Leaves nothing of it behind, whether it is there or not. */
export async function removeEmbedded(): Promise<void> {
  await docker(["rm", "--force", "--volumes", PRIMARY, REPLICA]);
  await docker(["volume", "rm", "--force", NAME]);
  await docker(["image", "rm", "--force", IMAGE]);
}

async function follow(image: string): Promise<string> {
  const inside = (line: string) => docker(["run", "--rm", "--entrypoint", "sh", image, "-c", line]);
  const version = JSON.parse(await inside("cat /app/package.json")).version;
  // That of this pre-release is elsewhere, and lets nobody in.
  if (version.startsWith("2.0.0-dev") || version.startsWith("1."))
    return `not tried with Uptime Kuma ${version}`;
  const hasServer = (await inside("command -v mariadbd || true")) !== "";
  const user = await docker(["image", "inspect", "--format", "{{.Config.User}}", image]);
  if (!hasServer) await buildImage(IMAGE, {}, WITH_MARIADB(image, user));
  const members: Container[] = [];
  try {
    await followOnEmbedded(image, hasServer ? image : IMAGE, members);
  } finally {
    for (const { kuma } of members) kuma.close();
  }
  return `Uptime Kuma ${version}`;
}

async function followOnEmbedded(image: string, withServer: string, members: Container[]): Promise<void> {
  const primary = await start(PRIMARY, image, { REPLICATOR_MODE: "BACKUP", UPTIME_KUMA_DB_TYPE: "sqlite" });
  members.push(primary);
  await primary.kuma.until("its account", (kuma) => kuma.addMonitor(MONITOR), { timeout: PATIENCE });
  await primary.shell("replicator-kuma sync");
  const own = { REPLICATOR_MODE: "RESTORE", UPTIME_KUMA_DB_TYPE: "embedded-mariadb" };
  const replica = await start(REPLICA, withServer, own);
  members.push(replica);
  await untilSaid(REPLICA, "Applied snapshot");
  const sql = "SELECT name FROM kuma.monitor";
  const rows = await replica.shell(`mariadb --socket=/app/data/run/mariadb.sock -N -e '${sql}'`);
  assert.equal(rows.trim(), MONITOR.name);
  const all = await replica.processes();
  const servers = all.filter(({ command, state }) => command.startsWith("mariadbd") && state !== "Z");
  const kuma = all.find(({ pid }) => pid === servers[0]?.ppid);
  assert.ok(
    servers.length === 1 && kuma !== undefined && kuma.pid !== 1,
    "one server, which is Kuma's child",
  );
  await docker(["stop", REPLICA]);
  assert.equal(await inspect(REPLICA, ".State.ExitCode"), 0);
}

const MONITOR = { type: "port", name: "on both engines", hostname: "127.0.0.1", port: 9 } as const;

async function start(name: string, image: string, env: Readonly<Record<string, string>>) {
  const port = await freePort();
  const all = { RESTIC_REPOSITORY: "/repository", RESTIC_PASSWORD: "of the test", ...env };
  await docker([
    ...["run", "--detach", "--name", name, "--publish", `127.0.0.1:${port}:3001`],
    ...["--volume", `${NAME}:/repository`],
    ...Object.entries(all).flatMap(([key, value]) => ["--env", `${key}=${value}`]),
    image,
  ]);
  return openContainer(name, name, `http://127.0.0.1:${port}`);
}

async function untilSaid(name: string, words: string): Promise<void> {
  const hasSaid = async () => (await logsOf(name)).includes(words) || undefined;
  await waitFor(`"${words}" of ${name}`, hasSaid).catch(async (error: Error) => {
    const own = (await logsOf(name)).split("\n").filter((line) => line.includes("[REPLICATOR]"));
    throw new Error([error.message, ...own.slice(-8)].join("\n"));
  });
}
