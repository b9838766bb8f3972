import { join } from "node:path";
import { copyPatchedKuma } from "../../test/support/kuma/patched-kuma.ts";
import { type NtfyServer, startNtfy } from "../../test/support/ntfy-server.ts";
import { peerSettings, untilAcquainted } from "../../test/support/peers.ts";
import { createAuthor, makeRepository } from "../../test/support/repository.ts";
import { mostAtOnce, restartsIn } from "../../test/support/restarts.ts";
import { edit, fillData, takeSnapshot } from "../../test/support/source-data.ts";
import { openNamespace, type SupervisorNamespace } from "../../test/support/supervisor-namespace.ts";
import type { Figure, Measure } from "../figure.ts";

/** With stand-ins, and with real Kumas. */
const REPLICAS = { strangers: 50, acquainted: 4 };
/** So many are started at a time, so that none takes longer than its limits. */
const AT_ONCE = 5;
const TOPIC = "fleet";
/** A stand-in is back within half a second, a real Kuma answers again after this time at the earliest; milliseconds. */
const AWAY = 5_000;
/** A minute of waiting for their turn, and all of them on one machine. */
const APPLIED = { timeout: 5 * 60_000 };

/** How many replicas do not watch at the same moment, because one snapshot restarts them all. */
export const fleets: readonly Measure[] = [
  { name: `fleet of ${REPLICAS.acquainted} that know of one another`, measure: measureAcquainted },
  { name: `fleet of ${REPLICAS.strangers}`, measure: measureStrangers },
];

async function measureStrangers(folder: string): Promise<Figure[]> {
  const replicas = await openReplicas(folder);
  try {
    const { strangers: count } = REPLICAS;
    const env = { STAND_IN_BEAT_EVERY: "5000" };
    for (let at = 0; at < count; at += AT_ONCE)
      await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => replicas.open(`replica-${at + n}`, env)));
    const asked = await replicas.applyNext("asked", AWAY);
    const woken = await replicas.applyNext("woken", AWAY);
    return [
      figure(`of ${count} replicas that have heard of others`, woken, asked, {
        goal: "under half",
        reached: woken < count / 2,
      }),
    ];
  } finally {
    await replicas.close();
  }
}

async function measureAcquainted(folder: string): Promise<Figure[]> {
  const kuma = await copyPatchedKuma();
  const replicas = await openReplicas(folder);
  try {
    const real = { KUMA_DIR: kuma.dir, KUMA_COMMAND: "", REPLICATOR_PROOF_WINDOW: "10s" };
    const peers = await peerSettings(REPLICAS.acquainted);
    for (const [at, each] of peers.entries()) await replicas.open(`replica-${at}`, { ...real, ...each });
    const web = peers.map(({ REPLICATOR_HTTP }) => `http://${REPLICATOR_HTTP}`);
    await untilAcquainted(web);
    const asked = await replicas.applyNext("asked");
    await untilAcquainted(web);
    const woken = await replicas.applyNext("woken");
    return [
      figure(`of ${peers.length} replicas that know of one another, with real Kumas`, woken, asked, {
        goal: "1",
        reached: woken === 1,
      }),
    ];
  } finally {
    await replicas.close();
    kuma.remove();
  }
}

/** Replicas that must restart, a primary of our making, and a server of ntfy's interface. */
interface Replicas {
  open(name: string, env: Record<string, string>): Promise<void>;
  /**
   * Publishes an edit and tells all of it.
   * @param least how long each counts as away at least, milliseconds
   * @returns how many were away at the same moment
   */
  applyNext(how: "asked" | "woken", least?: number): Promise<number>;
  close(): Promise<void>;
}

async function openReplicas(folder: string): Promise<Replicas> {
  const repository = join(folder, "repository");
  const sourceDir = join(folder, "source");
  await makeRepository(repository);
  fillData(sourceDir);
  const author = createAuthor(repository, "primary");
  const ntfy = await startNtfy();
  const replicas: SupervisorNamespace[] = [];
  let version = 0;
  const publish = async () => {
    version += 1;
    edit(sourceDir, version);
    await author.publish(takeSnapshot(sourceDir));
  };
  await publish();
  return {
    open: async (name, more) => {
      const dataDir = join(folder, name);
      fillData(dataDir);
      const wake = { REPLICATOR_WAKE: "ntfy", NTFY_URL: `${ntfy.url}/${TOPIC}` };
      const env = { ...wake, REPLICATOR_APPLY: "restart", ...more };
      const replica = await openNamespace({ mode: "RESTORE", name, dataDir, repository, env });
      replicas.push(replica);
      await replica.untilLogged("wake-ready", APPLIED);
      await replica.untilLogged("cycle-done", APPLIED);
    },
    applyNext: async (how, least = 0) => {
      await publish();
      const from = replicas.map((replica) => replica.events().length);
      if (how === "asked") for (const replica of replicas) replica.signal("SIGUSR1");
      else tell(ntfy);
      const spans = await Promise.all(
        replicas.map(async (replica, at) => {
          await replica.untilLogged("applied", { from: from[at] ?? 0, ...APPLIED });
          return restartsIn(replica.entries().slice(from[at]), "kuma-ready");
        }),
      );
      return mostAtOnce(spans.flat().map(([begin, end]) => [begin, Math.max(end, begin + least)]));
    },
    close: async () => {
      await Promise.all(replicas.map((replica) => replica.kill()));
      ntfy.close();
    },
  };
}

function tell(ntfy: NtfyServer): void {
  ntfy.post(TOPIC, { title: "primary: configuration published", tags: ["outbox_tray"] });
}

function figure(who: string, woken: number, asked: number, goal: Pick<Figure, "goal" | "reached">): Figure {
  const one = (value: number) => ({ median: value, min: value, max: value });
  return {
    name: `${who}, that one message wakes, and that must restart: away at the same moment`,
    unit: "replicas",
    ours: one(woken),
    reference: { name: "all asked by SIGUSR1 at once", values: one(asked) },
    ...goal,
  };
}
