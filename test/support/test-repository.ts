import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { openRepository, type Repository } from "../../src/repository/index.ts";
import { contentHash, encodeSnapshot, type Snapshot } from "../../src/snapshot/index.ts";
import { giveCheapKey } from "./cheap-key.ts";
import { assertInvariant } from "./invariant.ts";
import { PASSWORD } from "./supervisor-namespace.ts";

export const never = new AbortController().signal;

export function resticEnvironment(repository: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "",
    HOME: tmpdir(),
    RESTIC_REPOSITORY: repository,
    RESTIC_PASSWORD: PASSWORD,
    RESTIC_CACHE_DIR: `${repository}.cache`,
  };
}

/** Runs restic itself, to prepare and to look behind the program; throws when it fails. */
export async function restic(
  repository: string,
  args: readonly string[],
  input?: Uint8Array,
): Promise<string> {
  const done = await execa("restic", args, {
    env: resticEnvironment(repository),
    extendEnv: false,
    timeout: 120_000,
    ...(input === undefined ? { stdin: "ignore" } : { input }),
  });
  return done.stdout;
}

let template: Promise<string> | undefined;

/** An empty repository at `folder`, a copy of one made once. */
export async function makeRepository(folder: string): Promise<void> {
  template ??= makeTemplate();
  cpSync(await template, folder, { recursive: true });
}

async function makeTemplate(): Promise<string> {
  const parent = mkdtempSync(join(tmpdir(), "faults-repository-"));
  process.once("exit", () => rmSync(parent, { recursive: true, force: true }));
  const folder = join(parent, "repository");
  await restic(folder, ["init", "-q"]);
  giveCheapKey(folder, PASSWORD, await restic(folder, ["cat", "masterkey"]));
  return folder;
}

/** Another primary, in this process: publishes what it is given, each snapshot onto the one before. */
export interface Author {
  readonly repository: Repository;
  /** restic's id of what was published last. */
  readonly head: string | undefined;
  publish(snapshot: Snapshot): Promise<string>;
}

export function createAuthor(folder: string, name: string): Author {
  const repository = openRepository({ env: resticEnvironment(folder) }, { instanceName: name });
  let head: string | undefined;
  let generation = 0;
  return {
    repository,
    get head() {
      return head;
    },
    publish: async (snapshot) => {
      const request = {
        stream: encodeSnapshot(snapshot),
        contentHash: contentHash(snapshot.content),
        instanceId: snapshot.origin.instanceId,
        parent: head,
        generation: generation + 1,
      };
      const done = await repository.publish(request, never);
      assertInvariant(
        done.ok,
        `the harness itself could not publish: ${done.ok ? "" : done.problem.message}`,
      );
      head = done.value.id;
      generation += 1;
      return head;
    },
  };
}
