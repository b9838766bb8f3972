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
/** Much shorter than the usual five minutes: the local look for a change is what is to cost little. */
const INTERVAL = "10s";
const GOALS = { memory: 70, cpu: 0.3 };

/** Memory and CPU of the supervisor while nothing happens; Kuma is a stand-in, since it is another process anyway. */
export const idle: Measure = {
  name: "memory and CPU, idle",
  measure: async (folder) => {
    const bare = spawn("setpriv", [
      "--pdeathsig",
      "KILL",
      process.execPath,
      "-e",
      "setInterval(() => {}, 1e6)",
    ]);
    const repository = join(folder, "repository");
    await makeRepository(repository);
    const dataDir = join(folder, "primary");
    fillData(dataDir);
    // As the image starts it: docker/replicator-kuma.
    const env = { BACKUP_INTERVAL: INTERVAL, MALLOC_ARENA_MAX: "1" };
    const instance = await openNamespace({ mode: "BACKUP", name: "primary", dataDir, repository, env });
    try {
      await instance.untilLogged("published");
      return await measureIdle(instance, bare);
    } finally {
      await instance.kill();
      bare.kill("SIGKILL");
    }
  },
};

/** A value a minute, after the first. */
async function measureIdle(instance: SupervisorNamespace, bare: ChildProcess): Promise<Figure[]> {
  const memory: number[] = [];
  const bareMemory: number[] = [];
  const cpu: number[] = [];
  await sleep(MINUTE);
  for (let minute = 0; minute < IDLE_MINUTES; minute += 1) {
    const before = usageOf(instance.pid);
    await sleep(MINUTE);
    const now = usageOf(instance.pid);
    memory.push(now.resident / MEGABYTE);
    bareMemory.push(usageOf(bare.pid ?? 0).resident / MEGABYTE);
    cpu.push(((now.cpu - before.cpu) / MINUTE) * 100);
  }
  const resident = spread(memory);
  const busy = spread(cpu);
  return [
    {
      name: "memory, idle (resident)",
      unit: "MB",
      ours: resident,
      reference: { name: "bare Node", values: spread(bareMemory) },
      goal: `under ${GOALS.memory} MB`,
      reached: resident.max < GOALS.memory,
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
