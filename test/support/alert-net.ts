import { createServer, type Server } from "node:http";
import { connect, createServer as createRelay, type Socket } from "node:net";
import { join } from "node:path";
import { projectFolder } from "./paths.ts";

const HERE = "127.0.0.1";

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

/** Where an instance is. */
interface Place {
  /** Its Kuma and its pages answer here. */
  readonly address: string;
  /** The target sees it come from here. */
  readonly source: string;
  /** What starts a program there, words before its own. */
  readonly inside: readonly string[];
  /** More environment. @param target the target's port */
  readonly env: (target: number) => Readonly<Record<string, string>>;
}

/** Where instances are, and what lies between them, the target and the provider. */
export interface Places {
  /** Where target and provider are. */
  readonly outside: string;
  /** @param index of the instance's name among all */
  readonly place: (index: number) => Place;
  /** @returns host and port by which one instance calls another, whose pages are at this port */
  readonly call: (from: string, to: string, port: number) => Promise<string>;
  /** Nothing gets through any more between the first and the others, all of them where it has a cable of its own. */
  readonly cut: (one: string, ...others: readonly string[]) => Promise<void>;
  /** Target and provider are out of its reach as well. */
  readonly unplug: (one: string) => Promise<void>;
  /** What it sends gets to nobody, though it gets what others send. */
  readonly mute: (one: string) => Promise<void>;
  readonly mend: () => Promise<void>;
  readonly close: () => void;
}

/**
 * A server that one target stands for, and one that a provider of messages does.
 * @param host where they listen
 * @param reaches whether the target answers who asks from this address with success
 */
export async function openEnds(host: string, reaches: (address: string | undefined) => boolean) {
  const rung: Rung[] = [];
  const provider: Provider = { does: "take", at: "/", after: 0 };
  /** When the target has failed for an address. */
  const failures: { readonly source: string | undefined; readonly at: number }[] = [];
  const target = createServer((request, response) => {
    const { remoteAddress: source } = request.socket;
    const isReached = reaches(source);
    if (!isReached) failures.push({ source, at: performance.now() });
    response.statusCode = isReached ? 200 : 500;
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
  const [targetPort, hookPort] = await Promise.all([listen(target, host), listen(hook, host)]);
  const close = () => {
    for (const server of [target, hook]) {
      server.close();
      server.closeAllConnections();
    }
  };
  return { targetPort, hookPort, rung, failures, provider, close };
}

/** What has gone from one instance to another and back, of all of them. */
export interface Traffic {
  readonly requests: number;
  /** With all of HTTP, not of TCP. */
  readonly bytes: number;
}

/** Each Kuma asks the target from an address of its own: 127.0.1.1, 127.0.1.2, … */
const sourceOf = (index: number) => `127.0.1.${index + 1}`;
const FROM_ADDRESS = join(projectFolder, "test/fixtures/programs/from-address.mjs");

/** All on 127.0.0.1; ways from one instance to another go through relays, which can be cut: connections stay open. */
export async function openLoopback(): Promise<Places & { readonly traffic: Traffic }> {
  const traffic = { requests: 0, bytes: 0 };
  const links: { readonly between: readonly string[]; readonly server: ReturnType<typeof createRelay> }[] =
    [];
  const sockets = new Set<{ readonly between: readonly string[]; readonly ends: readonly Socket[] }>();
  let isCut = (_between: readonly string[]) => false;
  const refuse = async () => {
    throw new Error("relays cut both ways, and only those between two instances");
  };
  return {
    traffic,
    outside: HERE,
    place: (index) => ({
      ...{ address: HERE, source: sourceOf(index), inside: [] },
      env: (target) => ({
        KUMA_COMMAND: `"${process.execPath}" "--import=${FROM_ADDRESS}" server/server.js`,
        FROM_ADDRESS: sourceOf(index),
        FROM_TARGET: String(target),
      }),
    }),
    call: async (from, to, port) => {
      const between = [from, to];
      const server = createRelay((client) => {
        const other = connect(port, HERE);
        const pair = { between, ends: [client, other] };
        sockets.add(pair);
        for (const end of pair.ends) {
          end.on("error", () => undefined);
          end.on("close", () => {
            sockets.delete(pair);
            for (const each of pair.ends) each.destroy();
          });
        }
        client.on("data", (data) => {
          traffic.requests += data.toString("latin1").split("POST /peers ").length - 1;
          pass(data, other);
        });
        other.on("data", (data) => pass(data, client));
        const pass = (data: Buffer, to: Socket) => {
          traffic.bytes += data.length;
          if (!isCut(between)) to.write(data);
        };
      });
      links.push({ between, server });
      return `${HERE}:${await listen(server, HERE)}`;
    },
    unplug: refuse,
    mute: refuse,
    cut: async (one, ...others) => {
      isCut = (between) => between.includes(one) && others.some((other) => between.includes(other));
    },
    mend: async () => {
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

async function listen(server: Server | ReturnType<typeof createRelay>, host: string): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
