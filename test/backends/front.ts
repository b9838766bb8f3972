import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";

export type Refusal = readonly [status: number, type: string, body: string];

/** A reverse proxy before a server: counts, refuses, and can be away. */
export interface Front {
  readonly port: number;
  readonly requests: () => number;
  /** Nobody listens any more; what is under way is cut off. */
  away(): Promise<void>;
  back(): Promise<void>;
}

/** @param refuse what is answered in place of the server; undefined: the server is asked */
export async function openFront(
  target: number,
  refuse: (incoming: http.IncomingMessage) => Refusal | undefined = () => undefined,
): Promise<Front> {
  let requests = 0;
  const server = http.createServer((incoming, answer) => {
    requests += 1;
    const refusal = refuse(incoming);
    if (refusal !== undefined) {
      const [status, type, body] = refusal;
      // Read to its end: a client that is still sending would not hear the answer.
      incoming.resume().once("end", () => {
        answer.writeHead(status, { "Content-Type": type }).end(incoming.method === "HEAD" ? undefined : body);
      });
      return;
    }
    const { method, headers, url: path } = incoming;
    const onward = http.request(
      { host: "127.0.0.1", port: target, method, headers, path, agent: false },
      (reply) => {
        answer.writeHead(reply.statusCode ?? 500, reply.headers);
        reply.pipe(answer);
      },
    );
    onward.on("error", () => answer.socket?.destroy());
    incoming.pipe(onward);
  });
  const listen = async (at: number) => {
    server.listen(at, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  };
  const port = await listen(0);
  return {
    port,
    requests: () => requests,
    away: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
    back: async () => {
      await listen(port);
    },
  };
}

/** Several before one storage, as one of a backend. */
export function joinFronts(fronts: readonly Front[]): Pick<Front, "requests" | "away" | "back"> {
  return {
    requests: () => fronts.reduce((sum, front) => sum + front.requests(), 0),
    away: async () => {
      await Promise.all(fronts.map((front) => front.away()));
    },
    back: async () => {
      await Promise.all(fronts.map((front) => front.back()));
    },
  };
}

/** For credentials that may read and nothing else: what a reverse proxy does that lets GET and HEAD pass. */
export function onlyReading({ method = "" }: http.IncomingMessage): Refusal | undefined {
  const reads = ["GET", "HEAD", "PROPFIND", "OPTIONS"].includes(method);
  return reads ? undefined : [403, "text/plain", "Forbidden"];
}
