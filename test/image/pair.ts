import { LabError } from "../support/install/lab-error.ts";
import { freePort } from "../support/ports.ts";
import { PATIENCE, waitFor } from "../support/wait.ts";
import { type Container, openContainer } from "./container.ts";
import { type Compose, findCompose } from "./engine.ts";

/** How often a replica that is waited for is told to look, milliseconds. */
const NUDGE_EVERY = 2_000;

/** The two services of the compose file, in a project of their own. */
export interface Pair {
  readonly compose: Compose;
  readonly image: string;
  start(): Promise<{ primary: Container; replica: Container }>;
  /** Removes containers, network, volumes and the image. */
  remove(): Promise<void>;
}

/** @param base the image to build from, as KUMA_IMAGE */
export async function composePair(base: string): Promise<Pair> {
  const project = `replicator-kuma-test-${process.pid}`;
  const image = `${project}:image`;
  const ports = { primary: await freePort(), replica: await freePort() };
  const compose = await findCompose(project, {
    KUMA_IMAGE: base,
    REPLICATOR_IMAGE: image,
    PRIMARY_PORT: `127.0.0.1:${ports.primary}`,
    REPLICA_PORT: `127.0.0.1:${ports.replica}`,
  });
  const open = async (service: "primary" | "replica") =>
    openContainer(
      (await compose("ps", "-q", service)).trim(),
      `kuma-${service}`,
      `http://127.0.0.1:${ports[service]}`,
    );
  return {
    compose,
    image,
    start: async () => {
      await compose("up", "-d", "--no-build");
      return { primary: await open("primary"), replica: await open("replica") };
    },
    remove: async () => {
      await compose("down", "--volumes", "--remove-orphans", "--rmi", "all", "--timeout", "10");
    },
  };
}

/** Waits until the replica lists a monitor of that name, publishing and looking at once instead of each interval. */
export async function untilArrived(name: string, primary: Container, replica: Container): Promise<void> {
  await primary.syncNow();
  let nudgedAt = Number.NEGATIVE_INFINITY;
  await waitFor(
    `monitor "${name}" on the replica`,
    async () => {
      if (performance.now() - nudgedAt > NUDGE_EVERY) {
        nudgedAt = performance.now();
        await replica.syncNow();
      }
      return hasMonitor(replica, name);
    },
    { timeout: PATIENCE },
  ).catch(async (error: Error) => {
    throw new LabError([error.message, await lastWords(primary), await lastWords(replica)].join("\n"));
  });
}

/** What the supervisor said last, without Kuma's own lines around it. */
async function lastWords({ hostname, log }: Container): Promise<string> {
  const lines = (await log()).split("\n").filter((line) => line.includes("[REPLICATOR]"));
  return [`${hostname}:`, ...lines.slice(-5)].join("\n");
}

/** True or undefined; undefined too while its Kuma is restarting. */
async function hasMonitor(container: Container, name: string): Promise<true | undefined> {
  const look = container.kuma.until(
    name,
    ({ lists }) => [...lists.monitors.values()].some((monitor) => monitor.name === name) || undefined,
    { timeout: 1_000 },
  );
  return look.catch(() => undefined);
}
