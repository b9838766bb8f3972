import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { waitFor } from "../support/wait.ts";

/** What monitors look at and webhooks ring at: three servers that remember who came. */
export interface Targets {
  readonly port: number;
  /** Two proxies: whoever goes through them is noted as "proxy1" or "proxy2". */
  readonly proxies: readonly [number, number];
  /** What is asked for from now on, once each, sorted: "/2", "proxy1 /11", "/containers/c/json". */
  hits(): Promise<string[]>;
  /** The webhooks that ring when a path begins to answer 500 and then 200 again: "1 [name] [🔴 Down] …", sorted. */
  ringsOf(path: string): Promise<string[]>;
  /** How often a path was asked for. */
  countOf(path: string): number;
  /** From now on it answers 500. */
  fail(path: string): void;
  /** Answers to this path wait for so long, milliseconds. */
  slow(path: string, milliseconds: number): void;
  /** All webhook messages since the beginning. */
  readonly rings: readonly string[];
  close(): void;
}

/** Longer than two intervals of every monitor here, milliseconds. */
const QUIET = 2_500;

export async function openTargets(): Promise<Targets> {
  let hits = new Set<string>();
  const rings: string[] = [];
  const down = new Set<string>();
  const counts = new Map<string, number>();
  const delays = new Map<string, number>();
  const servers = [target(), proxy("proxy1"), proxy("proxy2")];
  const [port = 0, first = 0, second = 0] = await Promise.all(servers.map(listen));

  return {
    port,
    proxies: [first, second],
    rings,
    hits: async () => {
      hits = new Set();
      let before: number;
      do {
        before = hits.size;
        await sleep(QUIET);
      } while (hits.size > before);
      return [...hits].sort();
    },
    ringsOf: async (path) => {
      const from = rings.length;
      down.add(path);
      await seen(path);
      down.delete(path);
      await seen(path);
      return [...new Set(rings.slice(from))].sort();
    },
    countOf: (path) => counts.get(path) ?? 0,
    fail: (path) => {
      down.add(path);
    },
    slow: (path, milliseconds) => {
      delays.set(path, milliseconds);
    },
    close: () => {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };

  /** Two checks of a path, and what they lead to; or as long as shows that there are none. */
  async function seen(path: string): Promise<void> {
    const before = counts.get(path) ?? 0;
    const isSeen = () => (counts.get(path) ?? 0) >= before + 2 || undefined;
    await waitFor("two checks", isSeen, { timeout: 2 * QUIET, every: 50 }).catch(() => undefined);
    await sleep(500);
  }

  function target(): Server {
    return createServer(async (request, response) => {
      const path = request.url ?? "";
      let body = "";
      for await (const piece of request) body += piece;
      if (path.startsWith("/hook/")) rings.push(`${path.slice(6)} ${JSON.parse(body).msg}`);
      else hits.add(path);
      counts.set(path, (counts.get(path) ?? 0) + 1);
      await sleep(delays.get(path) ?? 0);
      response.statusCode = down.has(path) ? 500 : 200;
      response.end(JSON.stringify({ State: { Running: true, Status: "running" } }));
    });
  }

  function proxy(name: string): Server {
    return createServer((request, response) => {
      hits.add(`${name} ${new URL(request.url ?? "", "http://x").pathname}`);
      response.end("ok");
    });
  }
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
