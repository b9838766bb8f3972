import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import { type AddressInfo, connect, type createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { openRepository, type Repository, type RepositoryOptions } from "../../src/repository/index.ts";
import { serveRepository } from "./rest-server.ts";
import { waitFor } from "./wait.ts";

/** A temporary folder that is gone after the tests. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "replicator-repository-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const folder = makeFolder();
const PASSWORD = "a password of the tests";

export function environment(repository: string, more: Record<string, string> = {}): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "",
    HOME: folder,
    RESTIC_CACHE_DIR: join(folder, "cache"),
    RESTIC_REPOSITORY: repository,
    RESTIC_PASSWORD: PASSWORD,
    ...more,
  };
}

/** Opens a repository with short limits, and an environment of `more` variables. */
export function open(
  repository: string,
  more: Record<string, string> = {},
  options: Partial<RepositoryOptions> = {},
) {
  return openRepository({ env: environment(repository, more) }, { instanceName: "primary", ...options });
}

/** Runs restic itself, to prepare and to look behind the client. */
export function restic(repository: string, args: string[], input = ""): string {
  return execFileSync("restic", args, {
    env: environment(repository),
    input,
    encoding: "utf8",
    stdio: "pipe",
    timeout: 30_000,
  });
}

export const never = new AbortController().signal;
export const HASH = "ab".repeat(32);

export function request(text: string | Iterable<Uint8Array>, parent?: string) {
  const stream = typeof text === "string" ? [new TextEncoder().encode(text)] : text;
  return { stream, contentHash: HASH, instanceId: "0b7c", parent, generation: parent === undefined ? 1 : 2 };
}

/** Debian's `rclone serve restic` over a folder, behind a proxy that notes the requests. */
export async function serveRestic(root: string) {
  const server = await serveRepository(join(root, "repository"));
  after(server.close);
  return server;
}

/** Listens on a free port of 127.0.0.1 until the tests are over. */
export async function listen(server: http.Server | ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => {
    server.close();
    if (server instanceof http.Server) server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

export async function untilListening(port: number): Promise<void> {
  const find = () =>
    new Promise<true | undefined>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).once("error", () => resolve(undefined));
      socket.once("connect", () => socket.destroy());
    });
  await waitFor(`a server on port ${port}`, find, { timeout: 30_000, every: 50 });
}

/** Has a policy applied in which every snapshot may go that it does not keep. */
export async function forgetBy(repository: Repository, ...policy: string[]) {
  const listed = await repository.list(never);
  if (!listed.ok) return listed;
  return repository.forget({ policy, candidates: listed.value.map(({ id }) => id) }, never);
}
