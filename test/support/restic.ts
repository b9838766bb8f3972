import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { openRepository, type Repository, type RepositoryOptions } from "../../src/repository/index.ts";

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

/** Debian's `rclone serve restic` over a folder, behind a proxy that counts the requests. */
export async function serveRestic(root: string) {
  const port = await freePort();
  const server = spawn("rclone", ["serve", "restic", "--addr", `127.0.0.1:${port}`, root], {
    stdio: "ignore",
  });
  after(() => server.kill("SIGKILL"));
  await untilListening(port);
  const requests: string[] = [];
  const proxy = http.createServer((incoming, answer) => {
    requests.push(`${incoming.method} ${incoming.url}`);
    const { method, headers, url: path } = incoming;
    const onward = http.request({ host: "127.0.0.1", port, method, headers, path }, (reply) => {
      answer.writeHead(reply.statusCode ?? 500, reply.headers);
      reply.pipe(answer);
    });
    incoming.pipe(onward);
  });
  const proxyPort = await listen(proxy);
  return { url: `rest:http://127.0.0.1:${proxyPort}/repository/`, requests };
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

/** A port on which nothing listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export async function untilListening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`nothing listens on ${port}`);
}

/** Has a policy applied in which every snapshot may go that it does not keep. */
export async function forgetBy(repository: Repository, ...policy: string[]) {
  const listed = await repository.list(never);
  if (!listed.ok) return listed;
  return repository.forget({ policy, candidates: listed.value.map(({ id }) => id) }, never);
}
