import { join } from "node:path";
import type { ReplicatorEvent } from "../../src/events/index.ts";
import { startNtfy } from "../../test/support/ntfy-server.ts";
import { createAuthor, makeRepository } from "../../test/support/repository.ts";
import { edit, fillData, takeSnapshot } from "../../test/support/source-data.ts";
import { openNamespace, type SupervisorNamespace } from "../../test/support/supervisor-namespace.ts";
import type { Figure, Measure } from "../figure.ts";

const REPLICAS = 50;
/** So many are started at a time, so that none takes longer than its limits. */
const AT_ONCE = 5;
const TOPIC = "fleet";
/** A stand-in is back within half a second, a real Kuma answers again after this time at the earliest; milliseconds. */
const AWAY = 5_000;
/** A minute of waiting for their turn, and all of them on one machine. */
const APPLIED = { timeout: 5 * 60_000 };

/** How many replicas do not watch at the same moment, because one snapshot restarts them all. */
export const fleet: Measure = {
  name: "fleet",
  measure: async (folder) => {
    const repository = join(folder, "repository");
    const sourceDir = join(folder, "source");
    await makeRepository(repository);
    fillData(sourceDir);
    const author = createAuthor(repository, "primary");
    let version = 0;
    const publish = async () => {
      version += 1;
      edit(sourceDir, version);
      await author.publish(takeSnapshot(sourceDir));
    };
    await publish();
    const ntfy = await startNtfy();
    const replicas: SupervisorNamespace[] = [];
    const open = async (name: string) => {
      const dataDir = join(folder, name);
      fillData(dataDir);
      const wake = { REPLICATOR_WAKE: "ntfy", NTFY_URL: `${ntfy.url}/${TOPIC}` };
      const env = { ...wake, REPLICATOR_APPLY: "restart", STAND_IN_BEAT_EVERY: "5000" };
      const replica = await openNamespace({ mode: "RESTORE", name, dataDir, repository, env });
      replicas.push(replica);
      await replica.untilLogged("wake-ready", APPLIED);
      await replica.untilLogged("cycle-done", APPLIED);
    };
    const applyNext = async (tell: () => void) => {
      await publish();
      const from = replicas.map((replica) => replica.events().length);
      tell();
      await Promise.all(
        replicas.map((replica, at) => replica.untilLogged("applied", { from: from[at] ?? 0, ...APPLIED })),
      );
      return mostAway(replicas.map((replica, at) => awayOf(replica, from[at] ?? 0)));
    };
    try {
      for (let at = 0; at < REPLICAS; at += AT_ONCE)
        await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => open(`replica-${at + n}`)));
      const asked = await applyNext(() => {
        for (const replica of replicas) replica.signal("SIGUSR1");
      });
      const woken = await applyNext(() =>
        ntfy.post(TOPIC, { title: "primary: configuration published", tags: ["outbox_tray"] }),
      );
      return [figure(replicas.length, woken, asked)];
    } finally {
      await Promise.all(replicas.map((replica) => replica.kill()));
      ntfy.close();
    }
  },
};

function figure(count: number, woken: number, asked: number): Figure {
  const one = (value: number) => ({ median: value, min: value, max: value });
  return {
    name: `of ${count} replicas that one message wakes, and that must restart: away at the same moment`,
    unit: "replicas",
    ours: one(woken),
    reference: { name: "all asked by SIGUSR1 at once", values: one(asked) },
    goal: "under half",
    reached: woken < count / 2,
  };
}

/** From when to when a replica's Kuma was away, of the restarts after its first `from` events; milliseconds. */
function awayOf(replica: SupervisorNamespace, from: number): [begin: number, end: number][] {
  const lines = replica
    .output()
    .split("\n")
    .filter((line) => line.startsWith('{"level"'));
  const spans: [number, number][] = [];
  let begin: number | undefined;
  for (const line of lines.slice(from)) {
    const { time, event }: { time: string; event: ReplicatorEvent } = JSON.parse(line);
    if (event.type === "kuma-stopping") begin = Date.parse(time);
    if (event.type !== "kuma-ready" || begin === undefined) continue;
    spans.push([begin, Math.max(Date.parse(time), begin + AWAY)]);
    begin = undefined;
  }
  return spans;
}

function mostAway(spans: readonly (readonly [number, number][])[]): number {
  const moments = spans.flat().flatMap(([begin, end]): [number, number][] => [
    [begin, 1],
    [end, -1],
  ]);
  let away = 0;
  return Math.max(0, ...moments.sort(([a], [b]) => a - b).map(([, step]) => (away += step)));
}
