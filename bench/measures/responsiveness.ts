import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { openDatabaseWorker } from "../../src/database/index.ts";
import { openEngine } from "../../src/database/open.ts";
import { createCalls, createDecoder } from "../../src/database/worker/calls.ts";
import type { DatabaseWorker } from "../../src/database/worker/types.ts";
import { success } from "../../src/result.ts";
import { encodeSnapshot } from "../../src/snapshot/index.ts";
import { startBuilt } from "../../test/support/built-thread.ts";
import { freePort } from "../../test/support/ports.ts";
import { makeRepository } from "../../test/support/repository.ts";
import { fillData } from "../../test/support/source-data.ts";
import { openNamespace, type SupervisorNamespace } from "../../test/support/supervisor-namespace.ts";
import { changeMonitors, fillWithMonitors, KUMA, taken, takeSnapshot } from "../databases.ts";
import type { Figure, Measure } from "../figure.ts";
import { spread } from "../stats.ts";

const MONITORS = 50_000;
/** Milliseconds. */
const GOAL = 50;
const RUNS = 3;
const NAME = MONITORS.toLocaleString("en");

/** Whether the supervisor attends to all else while it works on very many monitors. */
export const responsiveness: Measure = {
  name: "responsiveness",
  measure: async (folder) => {
    const data = join(folder, "data");
    fillWithMonitors(data, MONITORS);
    const here = await measureCalls(data, await inThisThread(data));
    const shutdown = new AbortController();
    const there = await measureCalls(data, openDatabaseWorker(place(data), shutdown.signal, startBuilt));
    shutdown.abort();
    const blocked = Object.keys(there).map((call) => figure(call, there[call] ?? [], here[call] ?? []));
    return [...blocked, ...(await measureSupervisor(folder))];
  },
};

function place(dataDir: string) {
  const location = { engine: "sqlite", file: join(dataDir, "kuma.db") } as const;
  return { locate: () => success(location), uploadDir: join(dataDir, "upload"), kumaVersion: KUMA };
}

/** The same calls where everything else has to wait for them. */
async function inThisThread(dataDir: string): Promise<DatabaseWorker> {
  const { locate, ...surroundings } = place(dataDir);
  const calls = createCalls(taken(await openEngine(locate().value, surroundings)), createDecoder());
  let key = 0;
  return {
    ...calls,
    load: (bytes) => {
      key += 1;
      return calls.verify(key, bytes);
    },
  };
}

/** For how long each call has blocked this thread at most, milliseconds, run by run. */
async function measureCalls(dataDir: string, worker: DatabaseWorker): Promise<Record<string, number[]>> {
  const times: Record<string, number[]> = {};
  const take = async <T>(call: string, work: () => Promise<T>): Promise<T> => {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    await sleep(20);
    const result = await work();
    await sleep(20);
    delay.disable();
    times[call] = [...(times[call] ?? []), delay.max / 1e6];
    return result;
  };
  const origin = takeSnapshot(dataDir).origin;
  for (let run = 0; run < RUNS; run += 1) {
    changeMonitors(dataDir, MONITORS, `run ${run}`);
    const bytes = Buffer.concat([...encodeSnapshot(takeSnapshot(dataDir))]);
    changeMonitors(dataDir, MONITORS, `before run ${run}`);
    global.gc?.();
    await take("hashed", () => worker.hash().then(taken));
    await take("read and encoded", () => worker.read(origin).then(taken));
    const loaded = await take("decoded and verified", () => worker.load(bytes).then(taken));
    await take("planned", () => worker.plan(loaded).then(taken));
    const id = { snapshotId: "ab".repeat(32), contentHash: loaded.contentHash };
    await take("applied", () => worker.apply(loaded, id).then(taken));
  }
  return times;
}

function figure(call: string, there: readonly number[], here: readonly number[]): Figure {
  const ours = spread(there);
  return {
    name: `the longest that nothing else is done while ${NAME} monitors are ${call}`,
    unit: "ms",
    ours,
    reference: { name: "the same in the supervisor's own thread", values: spread(here) },
    goal: `under ${GOAL} ms`,
    reached: ours.median < GOAL,
  };
}

/** The real supervisors of a primary and a replica, asked all the time. */
async function measureSupervisor(folder: string): Promise<Figure[]> {
  const repository = join(folder, "repository");
  const [primaryData, replicaData] = [join(folder, "primary"), join(folder, "replica")];
  fillWithMonitors(primaryData, MONITORS);
  fillData(replicaData);
  await makeRepository(repository);
  const [primaryPort, replicaPort] = [await freePort(), await freePort()];
  const open = (mode: "BACKUP" | "RESTORE", dataDir: string, port: number) =>
    openNamespace({
      mode,
      name: mode,
      dataDir,
      repository,
      env: { REPLICATOR_ADOPT: "replace", REPLICATOR_HTTP: `127.0.0.1:${port}` },
    });
  const primary = await open("BACKUP", primaryData, primaryPort);
  await primary.untilLogged("published");
  const replica = await open("RESTORE", replicaData, replicaPort);
  try {
    await replica.untilLogged("applied");
    changeMonitors(primaryData, MONITORS, "changed");
    const publishing = await whileAsked(primaryPort, () => primary.cycle());
    const applying = await whileAsked(replicaPort, () => replica.cycle());
    changeMonitors(primaryData, MONITORS, "changed again");
    await primary.cycle();
    return [answers("publishes", publishing), answers("applies", applying), await measureSignal(replica)];
  } finally {
    await Promise.all([primary.kill(), replica.kill()]);
  }
}

/** How long each answer of /healthz took meanwhile, milliseconds. */
async function whileAsked(port: number, work: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  let isDone = false;
  const done = work().finally(() => {
    isDone = true;
  });
  while (!isDone) {
    const begun = performance.now();
    await (await fetch(`http://127.0.0.1:${port}/healthz`)).text();
    times.push(performance.now() - begun);
    await sleep(5);
  }
  await done;
  return times;
}

function answers(what: string, times: readonly number[]): Figure {
  const ours = spread(times);
  return {
    name: `answer of /healthz while the instance ${what} ${NAME} changed monitors`,
    unit: "ms",
    ours,
    goal: `under ${GOAL} ms, the slowest`,
    reached: ours.max < GOAL,
    note: `${times.length} answers`,
  };
}

/** From a SIGTERM that comes while the thread plans, to the line that tells of it. */
async function measureSignal(instance: SupervisorNamespace): Promise<Figure> {
  const from = instance.events().length;
  instance.signal("SIGUSR1");
  await instance.untilLogged("repository-checked", { from });
  await sleep(1_500);
  const begun = performance.now();
  instance.signal("SIGTERM");
  while (!instance.output().includes('"shutting-down"')) await sleep(1);
  const ours = spread([performance.now() - begun]);
  const ended = performance.now();
  await instance.ended();
  return {
    name: `a SIGTERM heard while ${NAME} monitors are on their way`,
    unit: "ms",
    ours,
    goal: `under ${GOAL} ms`,
    reached: ours.max < GOAL,
    note: `the process has ended ${Math.round(performance.now() - ended)} ms later`,
  };
}
