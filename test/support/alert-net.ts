import { createServer, type Server } from "node:http";
import { connect, createServer as createRelay, type Socket } from "node:net";

/** A message as a webhook got it. */
export interface Rung {
  readonly at: number;
  readonly msg: string;
  /** The path that it came to. */
  readonly to: string;
  /** Of the heartbeat that came with it. */
  readonly beat: string | undefined;
  /** What became of it; "gone": whoever sent it has ended before it was answered. */
  outcome: "waits" | "taken" | "refused" | "reset" | "gone";
}

/** How a provider behaves: it takes a message, refuses it, or breaks off after it has taken it. */
export interface Provider {
  does: "take" | "refuse" | "reset";
  /** Only what comes to this path; it takes all else. */
  at: string;
  /** So long after the message, milliseconds. */
  after: number;
}

/**
 * A server that one target stands for, and one that a provider of messages does.
 * @param reaches whether the target answers who asks from this address with success
 */
export async function openEnds(reaches: (address: string | undefined) => boolean) {
  const rung: Rung[] = [];
  const provider: Provider = { does: "take", at: "/", after: 0 };
  const target = createServer((request, response) => {
    response.statusCode = reaches(request.socket.remoteAddress) ? 200 : 500;
    response.end("ok");
  });
  const hook = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    const { msg, heartbeat } = JSON.parse(body);
    const to = request.url ?? "/";
    const message: Rung = { at: performance.now(), msg, to, beat: heartbeat?.msg, outcome: "waits" };
    rung.push(message);
    const { after } = provider;
    const does = to.startsWith(provider.at) ? provider.does : "take";
    response.once("close", () => {
      if (message.outcome === "waits") message.outcome = "gone";
    });
    setTimeout(() => {
      if (message.outcome === "gone") return;
      message.outcome = ({ take: "taken", refuse: "refused", reset: "reset" } as const)[does];
      response.statusCode = does === "take" ? 200 : 500;
      if (does === "reset") request.socket.resetAndDestroy();
      else response.end();
    }, after);
  });
  const [targetPort, hookPort] = await Promise.all([listen(target), listen(hook)]);
  const close = () => {
    for (const server of [target, hook]) {
      server.close();
      server.closeAllConnections();
    }
  };
  return { targetPort, hookPort, rung, provider, close };
}

/** Ways from one instance to another that can be cut. */
export function openLinks() {
  const links: { readonly between: readonly string[]; readonly server: ReturnType<typeof createRelay> }[] =
    [];
  const sockets = new Set<{ readonly between: readonly string[]; readonly ends: readonly Socket[] }>();
  let isCut = (_between: readonly string[]) => false;
  return {
    open: async (from: string, to: string, port: number): Promise<number> => {
      const between = [from, to];
      const server = createRelay((client) => {
        const other = connect(port, "127.0.0.1");
        const pair = { between, ends: [client, other] };
        sockets.add(pair);
        for (const end of pair.ends) {
          end.on("error", () => undefined);
          end.on("close", () => {
            sockets.delete(pair);
            for (const each of pair.ends) each.destroy();
          });
        }
        client.on("data", (data) => isCut(between) || other.write(data));
        other.on("data", (data) => isCut(between) || client.write(data));
      });
      links.push({ between, server });
      return listen(server);
    },
    cut: (one: string, ...others: readonly string[]) => {
      isCut = (between) => between.includes(one) && others.some((other) => between.includes(other));
    },
    mend: () => {
      // What was lost on the way stays lost.
      for (const { between, ends } of sockets) if (isCut(between)) for (const end of ends) end.destroy();
      isCut = () => false;
    },
    close: () => {
      for (const { server } of links) server.close();
      for (const { ends } of sockets) for (const end of ends) end.destroy();
    },
  };
}

async function listen(server: Server | ReturnType<typeof createRelay>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
