import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { dirname } from "node:path";
import { freePort } from "./ports.ts";
import { waitFor } from "./wait.ts";

/** What the proxy does with each request. "drop": cuts the connection in the middle of the answer. */
export type Mood = "pass" | "silent" | "drop" | "read-only";

export interface RestServer {
  /** As restic takes it. */
  readonly url: string;
  mood: Mood;
  /** The requests so far, as `GET /repository/config`. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** Serves the repository in a folder by HTTP, through a proxy with moods. */
export async function serveRepository(repository: string): Promise<RestServer> {
  const port = await freePort();
  const command = ["rclone", "serve", "restic", "--addr", `127.0.0.1:${port}`, dirname(repository)];
  const rclone = spawn("setpriv", ["--pdeathsig", "KILL", ...command], { stdio: "ignore" });
  await waitFor("rclone", () => answers(port), { every: 50 });
  const requests: string[] = [];
  const proxy = http.createServer((incoming, answer) => {
    requests.push(`${incoming.method} ${incoming.url}`);
    if (server.mood === "silent") return;
    if (server.mood === "read-only" && !["GET", "HEAD"].includes(incoming.method ?? "")) {
      answer.writeHead(403).end();
      return;
    }
    const { method, headers, url: path } = incoming;
    const onward = http.request({ host: "127.0.0.1", port, method, headers, path, agent: false }, (reply) => {
      answer.writeHead(reply.statusCode ?? 500, reply.headers);
      if (server.mood === "drop") {
        reply.once("data", (piece: Buffer) =>
          answer.write(piece.subarray(0, piece.length / 2), () => cut(answer.socket)),
        );
        reply.once("end", () => cut(answer.socket));
      } else reply.pipe(answer);
    });
    onward.on("error", () => cut(answer.socket));
    incoming.pipe(onward);
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const server: RestServer = {
    url: `rest:http://127.0.0.1:${(proxy.address() as AddressInfo).port}/repository/`,
    mood: "pass",
    requests,
    close: async () => {
      proxy.close();
      proxy.closeAllConnections();
      await end(rclone);
    },
  };
  return server;
}

function cut(socket: Socket | null): void {
  socket?.destroy();
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

async function answers(port: number): Promise<true | undefined> {
  return fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    () => undefined,
  );
}
