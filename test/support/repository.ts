import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { execa } from "execa";
import { openRepository, type Repository, type RepositoryOptions } from "../../src/repository/index.ts";
import { contentHash, encodeSnapshot, type Snapshot } from "../../src/snapshot/index.ts";
import { giveCheapKey } from "./cheap-key.ts";
import { assertInvariant } from "./invariant.ts";
import { PASSWORD } from "./supervisor-namespace.ts";
import { PATIENCE } from "./wait.ts";

export const never = new AbortController().signal;

/** A temporary folder that is gone after the tests of the file. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "replicator-repository-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

let home: string | undefined;

/** A folder for the caches and the template below, gone with this process. */
function homeFolder(): string {
  if (home !== undefined) return home;
  const folder = mkdtempSync(join(tmpdir(), "replicator-restic-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  home = folder;
  return folder;
}

/** What every restic sees; the copies of one repository have one id, so each has a cache of its own. */
export function resticEnvironment(
  repository: string,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const cache = createHash("sha256").update(repository).digest("hex").slice(0, 16);
  return {
    PATH: process.env.PATH ?? "",
    HOME: homeFolder(),
    RESTIC_CACHE_DIR: join(homeFolder(), cache),
    RESTIC_REPOSITORY: repository,
    RESTIC_PASSWORD: PASSWORD,
    ...more,
  };
}

/** Runs restic itself, to prepare and to look behind the program; throws when it fails. Gives what it printed. */
export async function restic(
  repository: string,
  args: readonly string[],
  input?: string | Uint8Array,
  more: Readonly<Record<string, string>> = {},
): Promise<string> {
  const done = await execa("restic", args, {
    env: resticEnvironment(repository, more),
    extendEnv: false,
    timeout: PATIENCE,
    ...(input === undefined ? { stdin: "ignore" } : { input }),
  });
  return done.stdout;
}

/** By password. */
const templates = new Map<string, Promise<string>>();

/** An empty repository at `folder`, a copy of one made once. */
export async function makeRepository(folder: string, password = PASSWORD): Promise<void> {
  const template = templates.get(password) ?? makeTemplate(password);
  templates.set(password, template);
  cpSync(await template, folder, { recursive: true });
}

async function makeTemplate(password: string): Promise<string> {
  const folder = join(homeFolder(), `template ${templates.size}`);
  const env = { RESTIC_PASSWORD: password };
  await restic(folder, ["init", "-q"], undefined, env);
  giveCheapKey(folder, password, await restic(folder, ["cat", "masterkey"], undefined, env));
  return folder;
}

/** Our client on a repository, with an environment of `more` variables. */
export function open(
  repository: string,
  more: Readonly<Record<string, string>> = {},
  options: Partial<RepositoryOptions> = {},
): Repository {
  const env = resticEnvironment(repository, more);
  return openRepository({ env }, { instanceName: "primary", ...options });
}

export const HASH = "ab".repeat(32);

/** A snapshot to publish that holds any bytes. */
export function request(text: string | Iterable<Uint8Array>, parent?: string) {
  const stream = typeof text === "string" ? [new TextEncoder().encode(text)] : text;
  return { stream, contentHash: HASH, instanceId: "0b7c", parent, generation: parent === undefined ? 1 : 2 };
}

/** Has a policy applied in which every snapshot may go that it does not keep. */
export async function forgetBy(repository: Repository, ...policy: string[]) {
  const listed = await repository.list(never);
  if (!listed.ok) return listed;
  return repository.forget({ policy, candidates: listed.value.map(({ id }) => id) }, never);
}

/** Another primary, in this process: publishes what it is given, each snapshot onto the one before. */
export interface Author {
  readonly repository: Repository;
  /** restic's id of what was published last. */
  readonly head: string | undefined;
  publish(snapshot: Snapshot): Promise<string>;
}

export function createAuthor(folder: string, name: string): Author {
  const repository = open(folder, {}, { instanceName: name });
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
