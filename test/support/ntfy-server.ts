import { randomBytes } from "node:crypto";
import http from "node:http";
import type { AddressInfo } from "node:net";

interface Posted {
  readonly title: string;
  readonly tags: readonly string[];
}

interface Message extends Partial<Posted> {
  readonly id: string;
  readonly time: number;
  readonly event: "open" | "keepalive" | "message";
  readonly topic: string;
}

export interface NtfyServer {
  readonly port: number;
  readonly url: string;
  /** What was asked for, oldest first: path with query, and authorization. */
  readonly asked: { readonly url: string; readonly authorization: string | undefined; readonly at: number }[];
  /** What was posted, oldest first. */
  readonly posted: readonly Posted[];
  /** Refuses all streams with this status; undefined: none. */
  refuseWith: number | undefined;
  /** How many streams are open. */
  streams(): number;
  post(topic: string, notice: Posted): void;
  /** Ends all streams. */
  cut(): void;
  close(): void;
}

/**
 * A server that does what ntfy's does of publishing as JSON (POST /) and subscribing (GET /<topic>/json), as its
 * server/server.go has it: `open` first, then the kept messages since a time or after an id, then what comes, and a
 * keepalive whenever nothing was sent for so long (milliseconds; 45 s is ntfy's default).
 */
export async function startNtfy({ keepalive = 45_000, port = 0 } = {}): Promise<NtfyServer> {
  const kept: Message[] = [];
  const asked: NtfyServer["asked"] = [];
  const posted: Posted[] = [];
  const streams = new Map<http.ServerResponse, { readonly topic: string; timer: NodeJS.Timeout }>();

  const make = (event: Message["event"], topic: string, more: Partial<Posted> = {}): Message => ({
    id: randomBytes(6).toString("hex"),
    time: Math.floor(Date.now() / 1_000),
    event,
    topic,
    ...more,
  });
  const send = (answer: http.ServerResponse, message: Message) => {
    answer.write(`${JSON.stringify(message)}\n`);
    streams.get(answer)?.timer.refresh();
  };

  const server = http.createServer(async (request, answer) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://ntfy");
    if (request.method === "POST" && pathname === "/") {
      const { topic, ...notice } = JSON.parse(Buffer.concat(await request.toArray()).toString());
      ntfy.post(topic, notice);
      answer.end("{}");
      return;
    }
    const [, topic] = /^\/([-_A-Za-z0-9]{1,64})\/json$/.exec(pathname) ?? [];
    asked.push({
      url: request.url ?? "",
      authorization: request.headers.authorization,
      at: performance.now(),
    });
    if (topic === undefined || ntfy.refuseWith !== undefined) {
      answer.writeHead(ntfy.refuseWith ?? 404).end(JSON.stringify({ error: "no" }));
      return;
    }
    answer.writeHead(200, { "Content-Type": "application/x-ndjson; charset=utf-8" });
    const timer = setInterval(() => send(answer, make("keepalive", topic)), keepalive);
    streams.set(answer, { topic, timer });
    answer.once("close", () => {
      clearInterval(timer);
      streams.delete(answer);
    });
    send(answer, make("open", topic));
    for (const message of since(searchParams.get("since"), topic)) send(answer, message);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const address = server.address() as AddressInfo;

  function since(place: string | null, topic: string): Message[] {
    const ofTopic = kept.filter((message) => message.topic === topic);
    if (place === null) return [];
    if (/^\d{1,11}$/.test(place)) return ofTopic.filter(({ time }) => time >= Number(place));
    return ofTopic.slice(ofTopic.findIndex(({ id }) => id === place) + 1);
  }

  const ntfy: NtfyServer = {
    port: address.port,
    url: `http://127.0.0.1:${address.port}`,
    asked,
    posted,
    refuseWith: undefined,
    streams: () => streams.size,
    post: (topic, notice) => {
      posted.push(notice);
      const message = make("message", topic, notice);
      kept.push(message);
      for (const [answer, stream] of streams) if (stream.topic === topic) send(answer, message);
    },
    cut: () => {
      for (const answer of streams.keys()) answer.destroy();
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return ntfy;
}
