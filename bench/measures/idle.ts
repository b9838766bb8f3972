import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { usageOf } from "../../test/support/processes.ts";
import { makeRepository } from "../../test/support/repository.ts";
import { fillData } from "../../test/support/source-data.ts";
import { openNamespace, type SupervisorNamespace } from "../../test/support/supervisor-namespace.ts";
import type { Figure, Measure } from "../figure.ts";
import { spread } from "../stats.ts";

const MEGABYTE = 1_000_000;
const MINUTE = 60_000;
const IDLE_MINUTES = 10;
const GOALS = { memory: 75, cpu: 0.3 };

/** Memory and CPU of the supervisor while nothing happens; Kuma is a stand-in, since it is another process anyway. */
export const idle: Measure = {
  name: "memory and CPU, idle",
  measure: async (folder) => {
    const forever = ["-e", "setInterval(() => {}, 1e6)"];
    const bare = spawn("setpriv", ["--pdeathsig", "KILL", process.execPath, ...forever]);
    const open = async (name: string, interval: string) => {
      const [dataDir, repository] = [join(folder, name), join(folder, `repository-${name}`)];
      fillData(dataDir);
      await makeRepository(repository);
      // As the image starts it: docker/replicator-kuma.
      const env = { BACKUP_INTERVAL: interval, MALLOC_ARENA_MAX: "1" };
      const instance = await openNamespace({ mode: "BACKUP", name, dataDir, repository, env });
      await instance.untilLogged("published");
      return instance;
    };
    const usual = await open("usual", "5m");
    const looking = await open("looking", "10s");
    try {
      return await measureIdle(usual, looking, bare);
    } finally {
      await Promise.all([usual.kill(), looking.kill()]);
      bare.kill("SIGKILL");
    }
  },
};

/** A value a minute, after the first two: the thread that published ends after one. */
async function measureIdle(
  usual: SupervisorNamespace,
  looking: SupervisorNamespace,
  bare: ChildProcess,
): Promise<Figure[]> {
  const memory: Record<"usual" | "looking" | "bare", number[]> = { usual: [], looking: [], bare: [] };
  const cpu: number[] = [];
  await sleep(2 * MINUTE);
  for (let minute = 0; minute < IDLE_MINUTES; minute += 1) {
    const before = usageOf(looking.pid);
    await sleep(MINUTE);
    const now = usageOf(looking.pid);
    memory.usual.push(usageOf(usual.pid).resident / MEGABYTE);
    memory.looking.push(now.resident / MEGABYTE);
    memory.bare.push(usageOf(bare.pid ?? 0).resident / MEGABYTE);
    cpu.push(((now.cpu - before.cpu) / MINUTE) * 100);
  }
  const reference = { name: "bare Node", values: spread(memory.bare) };
  const goal = `under ${GOALS.memory} MB`;
  const [resident, kept] = [spread(memory.usual), spread(memory.looking)];
  const busy = spread(cpu);
  return [
    {
      name: "memory, idle (resident), with the usual interval of 5 minutes",
      ...{ unit: "MB", ours: resident, reference, goal, reached: resident.median < GOALS.memory },
    },
    {
      name: "memory, idle, with a look for a local change every 10 s: the database's thread is kept",
      ...{ unit: "MB", ours: kept, reference, goal, reached: kept.median < GOALS.memory },
    },
    {
      name: `CPU, idle for ${IDLE_MINUTES} minutes, with a look for a local change every 10 s`,
      unit: "% of a core",
      ours: busy,
      goal: `under ${GOALS.cpu} %`,
      reached: busy.median < GOALS.cpu,
    },
  ];
}
