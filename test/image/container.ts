import { readFileSync } from "node:fs";
import { execa } from "execa";
import * as z from "zod";
import { type FollowingClient, followKuma } from "../support/kuma/following-client.ts";
import { PATIENCE } from "../support/wait.ts";
import { docker, inspect, logsOf } from "./engine.ts";

const processShape = z.object({
  pid: z.number(),
  ppid: z.number(),
  /** Z: dead, and nobody has taken note. */
  state: z.string(),
  command: z.string(),
  environment: z.array(z.string()),
});

type Process = z.infer<typeof processShape>;

/** A running container of the image, and what a person would ask of it. */
export interface Container {
  readonly id: string;
  readonly hostname: string;
  readonly kuma: FollowingClient;
  /** http://host:port of its Kuma. */
  readonly url: string;
  /** All its processes. */
  processes(): Promise<Process[]>;
  /** Runs a shell line in it, as `docker exec` does. */
  shell(line: string): Promise<string>;
  /** What `replicator-kuma health` says in it. */
  health(): Promise<{ exitCode: number | undefined; line: string }>;
  /** The engine's own word: starting, healthy or unhealthy. */
  healthStatus(): Promise<unknown>;
  /** Makes it publish, or look for a snapshot, now. */
  syncNow(): Promise<void>;
  log(): Promise<string>;
}

const processList = readFileSync(new URL("inside/processes.cjs", import.meta.url), "utf8");

export function openContainer(id: string, hostname: string, url: string): Container {
  return {
    id,
    hostname,
    url,
    kuma: followKuma(url),
    processes: async () =>
      z.array(processShape).parse(JSON.parse(await docker(["exec", "-i", id, "node", "-"], processList))),
    shell: (line) => docker(["exec", id, "sh", "-c", line]),
    health: async () => {
      const { exitCode, stdout } = await execa("docker", ["exec", id, "replicator-kuma", "health"], {
        reject: false,
        timeout: PATIENCE,
      });
      return { exitCode, line: stdout };
    },
    healthStatus: () => inspect(id, ".State.Health.Status"),
    syncNow: async () => {
      await docker(["kill", "--signal", "USR1", id]);
    },
    log: () => logsOf(id),
  };
}
