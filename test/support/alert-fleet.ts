import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { openEnds, openLinks, type Provider, type Rung } from "./alert-net.ts";
import { type Instance, type InstanceOptions, instanceEnvironment, startInstance } from "./kuma/instance.ts";
import type { PatchedKuma } from "./kuma/patched-kuma.ts";
import { programFile, projectFolder } from "./paths.ts";
import { untilAcquainted } from "./peers.ts";
import { freePort } from "./ports.ts";
import { makeRepository } from "./repository.ts";
import { query } from "./rows.ts";
import { change } from "./source-data.ts";
import { PASSWORD } from "./supervisor-namespace.ts";
import { PATIENCE, waitFor } from "./wait.ts";

export type { Rung } from "./alert-net.ts";

/** What the monitor is called, and its number. */
const SHOP = { name: "Shop", id: 2 };

export interface AlertMember {
  readonly name: string;
  readonly instance: Instance;
  readonly dataDir: string;
  /** Where page, metrics and peers are. */
  readonly web: string;
  /** Whether the target answers this one with success. */
  reaches: boolean;
  /** Starts it again, once it has ended. */
  start(): Promise<void>;
  /** Runs a command beside it, as `docker exec` would. @returns its standard output; throws when it fails */
  command(...args: string[]): Promise<string>;
}

/** Real Kumas with a supervisor each, that know of one another, and one target that each of them watches. */
export interface AlertFleet {
  readonly members: readonly AlertMember[];
  readonly rung: readonly Rung[];
  /** As it is now; to be changed. */
  readonly provider: Provider;
  member(name: string): AlertMember;
  /** Waits for a message after the first `from`, whose text fits. */
  untilRung(text: RegExp, from: number, timeout?: number): Promise<Rung>;
  /** Waits until all have a Kuma that runs. */
  untilReady(): Promise<void>;
  /** Waits until all know of one another, and of a target that each of them reaches. */
  untilAllUp(): Promise<void>;
  /** Changes the configuration of the first, and has all of them apply it. */
  configure(...statements: string[]): Promise<void>;
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
  const ends = await openEnds((address) => {
    const index = names.findIndex((_, each) => addressOf(each) === address);
    return members[index]?.reaches !== false;
  });
  const { rung, targetPort, hookPort } = ends;
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
      change(dataDir, configuration(targetPort, hookPort));
      const others = calls[name] ?? names.filter((other) => other !== name);
      const peers = await Promise.all(others.map((other) => links.open(name, other, web.get(other) ?? 0)));
      const port = web.get(name) ?? 0;
      const from = join(projectFolder, "test/fixtures/programs/from-address.mjs");
      members[index] = await startMember(
        {
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
        },
        `http://127.0.0.1:${port}`,
      );
    }),
  );
  const fleet: AlertFleet = {
    members,
    rung,
    provider: ends.provider,
    member: (name) => members.find((each) => each.name === name) ?? fail(`no ${name}`),
    untilRung: (text, from, timeout = PATIENCE) =>
      waitFor(`a message like ${text}`, () => rung.slice(from).find(({ msg }) => text.test(msg)), {
        timeout,
        every: 20,
      }).catch((error) => fail(`${error.message}; there were: ${JSON.stringify(rung.slice(from), null, 1)}`)),
    untilReady: async () => {
      await Promise.all(members.map(({ instance }) => instance.waitReady()));
    },
    untilAllUp: () => untilAllUp(members),
    configure: async (...statements) => {
      const [first] = members;
      await first?.instance.stop();
      change(first?.dataDir ?? "", statements);
      await first?.start();
      for (const member of members) await member.command("sync");
      await Promise.all(members.map(({ instance }) => instance.waitReady()));
    },
    cut: links.cut,
    mend: links.mend,
    close: async () => {
      await Promise.all(members.map(({ instance }) => instance.kill()));
      for (const each of [ends, links]) each.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  try {
    await fleet.untilReady();
    await untilAllUp(members);
  } catch (error) {
    const logs = members.map(({ name, instance }) => `${name}:\n${instance.log().slice(-2_000)}`).join("\n");
    await fleet.close();
    throw new Error(`${error instanceof Error ? error.message : error}\n${logs}`);
  }
  return fleet;
}

async function startMember(options: InstanceOptions, web: string): Promise<AlertMember> {
  const { name, dataDir } = options;
  let instance = await startInstance(options);
  return {
    ...{ name, dataDir, web, reaches: true },
    get instance() {
      return instance;
    },
    start: async () => {
      await instance.exited;
      instance = await startInstance(options);
      await instance.waitReady();
    },
    command: async (...args) => {
      const env = instanceEnvironment(options);
      const beside = { cwd: dataDir, env, extendEnv: false, timeout: PATIENCE };
      const { stdout } = await execa(process.execPath, [programFile, ...args], beside);
      return stdout;
    },
  };
}

async function untilAllUp(members: readonly AlertMember[]): Promise<void> {
  await untilAcquainted(members.map(({ web }) => web));
  // The second from now on: one may be under way.
  const now = members.map((member) => lastBeat(member).id);
  const isUp = (member: AlertMember, index: number) => {
    const { id, status } = lastBeat(member);
    return status === 1 && id >= (now[index] ?? 0) + 2;
  };
  await waitFor("heartbeats of each, and up", () => members.every(isUp) || undefined, { every: 100 });
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

function fail(message: string): never {
  throw new Error(message);
}
