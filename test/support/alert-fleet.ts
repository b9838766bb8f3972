import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { connect, createServer as createRelay, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Instance, startInstance } from "./kuma/instance.ts";
import type { PatchedKuma } from "./kuma/patched-kuma.ts";
import { projectFolder } from "./paths.ts";
import { freePort } from "./ports.ts";
import { makeRepository } from "./repository.ts";
import { query } from "./rows.ts";
import { change } from "./source-data.ts";
import { PASSWORD } from "./supervisor-namespace.ts";
import { waitFor } from "./wait.ts";

/** What the monitor is called, and its number. */
const SHOP = { name: "Shop", id: 2 };

/** A message as a webhook got it. */
export interface Rung {
  readonly at: number;
  readonly msg: string;
  /** Of the heartbeat that came with it. */
  readonly beat: string;
}

export interface AlertMember {
  readonly name: string;
  readonly instance: Instance;
  readonly dataDir: string;
  /** Where page, metrics and peers are. */
  readonly web: string;
  /** Whether the target answers this one with success. */
  reaches: boolean;
}

/** Real Kumas with a supervisor each, that know of one another, and one target that each of them watches. */
export interface AlertFleet {
  readonly members: readonly AlertMember[];
  readonly rung: readonly Rung[];
  member(name: string): AlertMember;
  /** Waits for a message after the first `from`, whose text fits. */
  untilRung(text: RegExp, from: number, timeout?: number): Promise<Rung>;
  /** Waits until all know of one another, and of a target that each of them reaches. */
  untilAllUp(): Promise<void>;
  /** Nothing gets through between the first and the others any more, though connections stay open. */
  cut(one: string, ...others: readonly string[]): void;
  mend(): void;
  close(): Promise<void>;
}

interface AlertFleetOptions {
  readonly kuma: Pick<PatchedKuma, "dir" | "version">;
  readonly names: readonly string[];
  /** More environment of all. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whom each one calls; all others when left out. Others cannot reach who is in nobody's list. */
  readonly calls?: Readonly<Record<string, readonly string[]>>;
}

/** Each Kuma asks the target from an address of its own: 127.0.1.1, 127.0.1.2, … */
const addressOf = (index: number) => `127.0.1.${index + 1}`;

export async function openAlertFleet({
  kuma,
  names,
  env,
  calls = {},
}: AlertFleetOptions): Promise<AlertFleet> {
  const folder = mkdtempSync(join(tmpdir(), "alerts-"));
  const repository = join(folder, "repository");
  await makeRepository(repository);
  const members: AlertMember[] = [];
  const rung: Rung[] = [];
  const servers: { close(): unknown }[] = [];

  const target = createServer((request, response) => {
    const index = names.findIndex((_, each) => addressOf(each) === request.socket.remoteAddress);
    response.statusCode = members[index]?.reaches === false ? 500 : 200;
    response.end("ok");
  });
  const hook = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    const { msg, heartbeat } = JSON.parse(body);
    rung.push({ at: performance.now(), msg, beat: heartbeat?.msg });
    response.end();
  });
  const [targetPort, hookPort] = await Promise.all([target, hook].map(listen));
  for (const server of [target, hook])
    servers.push({
      close: () => {
        server.close();
        server.closeAllConnections();
      },
    });

  const links = openLinks();
  const web = new Map(await Promise.all(names.map(async (name) => [name, await freePort()] as const)));
  await Promise.all(
    names.map(async (name, index) => {
      const dataDir = join(folder, name);
      mkdirSync(dataDir);
      copyFileSync(
        join(projectFolder, `test/fixtures/kuma-dbs/${kuma.version}.db`),
        join(dataDir, "kuma.db"),
      );
      change(dataDir, configuration(targetPort ?? 0, hookPort ?? 0));
      const others = calls[name] ?? names.filter((other) => other !== name);
      const peers = await Promise.all(others.map((other) => links.open(name, other, web.get(other) ?? 0)));
      const port = web.get(name) ?? 0;
      const from = join(projectFolder, "test/fixtures/programs/from-address.mjs");
      const instance = await startInstance({
        ...{ name, dataDir, repository, kumaDir: kuma.dir, password: PASSWORD, interval: 3_600 },
        mode: index === 0 ? "BACKUP" : "RESTORE",
        port: await freePort(),
        env: {
          REPLICATOR_HTTP: `127.0.0.1:${port}`,
          REPLICATOR_PEERS: peers.map((each) => `http://127.0.0.1:${each}`).join(" "),
          REPLICATOR_ALERT: "annotate",
          REPLICATOR_PROOF_WINDOW: "0s",
          KUMA_COMMAND: `"${process.execPath}" "--import=${from}" server/server.js`,
          FROM_ADDRESS: addressOf(index),
          FROM_TARGET: String(targetPort),
          ...env,
        },
      });
      members[index] = { name, instance, dataDir, web: `http://127.0.0.1:${port}`, reaches: true };
    }),
  );
  const fleet: AlertFleet = {
    members,
    rung,
    member: (name) => members.find((each) => each.name === name) ?? fail(`no ${name}`),
    untilRung: (text, from, timeout = 15_000) =>
      waitFor(`a message like ${text}`, () => rung.slice(from).find(({ msg }) => text.test(msg)), {
        timeout,
        every: 20,
      }).catch((error) => fail(`${error.message}; there were: ${JSON.stringify(rung.slice(from), null, 1)}`)),
    untilAllUp: () => untilAllUp(members),
    cut: links.cut,
    mend: links.mend,
    close: async () => {
      await Promise.all(members.map(({ instance }) => instance.kill()));
      for (const server of [...servers, links]) server.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  try {
    await Promise.all(members.map(({ instance }) => instance.waitReady()));
    await untilAllUp(members);
  } catch (error) {
    const logs = members.map(({ name, instance }) => `${name}:\n${instance.log().slice(-2_000)}`).join("\n");
    await fleet.close();
    throw new Error(`${error instanceof Error ? error.message : error}\n${logs}`);
  }
  return fleet;
}

async function untilAllUp(members: readonly AlertMember[]): Promise<void> {
  const isKnownToAll = async () => {
    const up = await Promise.all(
      members.map(async ({ web }) => {
        const text = await (await fetch(`${web}/metrics`)).text();
        return [...text.matchAll(/^replicator_fleet_kuma_up\{.*\} 1$/gm)].length;
      }),
    );
    return up.every((count) => count === members.length) || undefined;
  };
  await waitFor("all to know of one another", isKnownToAll, { timeout: 60_000, every: 100 });
  // The second from now on: one may be under way.
  const now = members.map((member) => lastBeat(member).id);
  const isUp = (member: AlertMember, index: number) => {
    const { id, status } = lastBeat(member);
    return status === 1 && id >= (now[index] ?? 0) + 2;
  };
  await waitFor("heartbeats of each, and up", () => members.every(isUp) || undefined, {
    timeout: 60_000,
    every: 100,
  });
}

/** As Kuma has stored it. */
function lastBeat({ dataDir }: AlertMember): { readonly id: number; readonly status: number } {
  const [row] = query(join(dataDir, "kuma.db"), "SELECT id, status FROM heartbeat ORDER BY id DESC LIMIT 1");
  return { id: Number(row?.id ?? 0), status: Number(row?.status) };
}

/** One monitor, checked each second, with a webhook. */
function configuration(target: number, hook: number): string[] {
  const config = JSON.stringify({
    ...{ name: "hook", type: "webhook", webhookContentType: "json" },
    webhookURL: `http://127.0.0.1:${hook}/`,
  });
  return [
    `DELETE FROM monitor WHERE id <> ${SHOP.id}`,
    "DELETE FROM heartbeat",
    "DELETE FROM maintenance",
    "DELETE FROM monitor_notification",
    "DELETE FROM notification WHERE id > 1",
    `UPDATE notification SET config = '${config}', name = 'hook', is_default = 0, active = 1 WHERE id = 1`,
    `INSERT INTO monitor_notification (monitor_id, notification_id) VALUES (${SHOP.id}, 1)`,
    `UPDATE monitor SET name = '${SHOP.name}', type = 'http', url = 'http://127.0.0.1:${target}/', active = 1, parent = NULL,
     upside_down = 0, interval = 1, retry_interval = 1, maxretries = 0, resend_interval = 0, timeout = 5`,
  ];
}

/** Ways from one instance to another that can be cut. */
function openLinks() {
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

function fail(message: string): never {
  throw new Error(message);
}
