import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReplicatorEvent } from "../../src/events/index.ts";
import { makeRepository } from "./repository.ts";
import { type NamespaceOptions, openNamespace, type SupervisorNamespace } from "./supervisor-namespace.ts";

/** Instances over one new repository, all in a temporary folder. */
export interface Fleet {
  readonly folder: string;
  readonly repository: string;
  /** All that were started so far, oldest first. */
  readonly instances: readonly SupervisorNamespace[];
  /** The data folder of an instance of this name, started or not. */
  dataOf(name: string): string;
  /** Starts an instance, and gives it at once. */
  open(
    name: string,
    mode: NamespaceOptions["mode"],
    env?: NamespaceOptions["env"],
  ): Promise<SupervisorNamespace>;
  /** Starts an instance, and waits for the end of its first cycle and for its Kuma. */
  start(
    name: string,
    mode: NamespaceOptions["mode"],
    env?: NamespaceOptions["env"],
  ): Promise<{ readonly instance: SupervisorNamespace; readonly outcome: ReplicatorEvent }>;
  /** Kills all of them and removes the folder. */
  close(): Promise<void>;
}

/** @param prefix of the folder's name */
export async function openFleet(prefix: string): Promise<Fleet> {
  const folder = mkdtempSync(join(tmpdir(), `${prefix}-`));
  const repository = join(folder, "repository");
  await makeRepository(repository);
  const instances: SupervisorNamespace[] = [];
  const fleet: Fleet = {
    folder,
    repository,
    instances,
    dataOf: (name) => join(folder, name),
    open: async (name, mode, env = {}) => {
      const instance = await openNamespace({ mode, name, dataDir: fleet.dataOf(name), repository, env });
      instances.push(instance);
      return instance;
    },
    start: async (name, mode, env) => {
      const instance = await fleet.open(name, mode, env);
      const outcome = await instance.outcome(0);
      await instance.untilLogged("kuma-ready");
      return { instance, outcome };
    },
    close: async () => {
      await Promise.all(instances.map((instance) => instance.kill()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return fleet;
}
