import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Box, openBox } from "../../faults/boxed.ts";
import { insist } from "../../faults/fault.ts";
import { makeRepository } from "../../faults/repository.ts";
import { fillData } from "../../faults/truth.ts";
import { usageOf } from "../../test/conformance/processes.ts";
import { changeMonitors, fillWithMonitors } from "../databases.ts";
import type { Figure, Measure } from "../figure.ts";
import { type Spread, spread } from "../stats.ts";

const MEGABYTE = 1_000_000;
const MINUTE = 60_000;
const IDLE_MINUTES = 10;
/** Much shorter than the usual five minutes: the local look for a change is what is to cost little. */
const INTERVAL = "10s";
const MANY = 10_000;
const GOALS = { idle: 70, peak: 250, cpu: 0.3 };

/** Memory and CPU of the supervisor; the stand-in for Kuma, which is another process anyway. */
export const footprint: Measure = {
  name: "memory and CPU",
  measure: async (folder) => {
    const peaks = await measurePeaks(join(folder, "many"));
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
    const env = { BACKUP_INTERVAL: INTERVAL };
    const box = await openBox({ mode: "BACKUP", name: "primary", dataDir, repository, env });
    try {
      await box.told("published");
      return [...(await measureIdle(box, bare)), ...peaks];
    } finally {
      await box.kill();
      bare.kill("SIGKILL");
    }
  },
};

/** A value a minute, after the first. */
async function measureIdle(box: Box, bare: ChildProcess): Promise<Figure[]> {
  const memory: number[] = [];
  const bareMemory: number[] = [];
  const cpu: number[] = [];
  await sleep(MINUTE);
  for (let minute = 0; minute < IDLE_MINUTES; minute += 1) {
    const before = usageOf(box.pid);
    await sleep(MINUTE);
    const now = usageOf(box.pid);
    memory.push(now.resident / MEGABYTE);
    bareMemory.push(usageOf(bare.pid ?? 0).resident / MEGABYTE);
    cpu.push(((now.cpu - before.cpu) / MINUTE) * 100);
  }
  const idle = spread(memory);
  const busy = spread(cpu);
  return [
    {
      name: "memory, idle (resident)",
      unit: "MB",
      ours: idle,
      reference: { name: "bare Node", values: spread(bareMemory) },
      goal: `under ${GOALS.idle} MB`,
      reached: idle.max < GOALS.idle,
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

/** A primary publishes ten thousand monitors, and once more with all of them changed; a replica applies both. */
async function measurePeaks(folder: string): Promise<Figure[]> {
  const repository = join(folder, "repository");
  const [primaryData, replicaData] = [join(folder, "primary"), join(folder, "replica")];
  fillWithMonitors(primaryData, MANY);
  fillData(replicaData);
  await makeRepository(repository);
  const open = (mode: "BACKUP" | "RESTORE", dataDir: string) =>
    openBox({ mode, name: mode, dataDir, repository });
  const primary = await open("BACKUP", primaryData);
  await primary.told("published");
  const replica = await open("RESTORE", replicaData);
  try {
    await replica.told("applied");
    changeMonitors(primaryData, MANY, "changed");
    insist((await primary.cycle()).type === "published", "the primary did not publish");
    insist((await replica.cycle()).type === "applied", "the replica did not apply");
    return [peak("a primary that publishes", primary), peak("a replica that applies", replica)];
  } finally {
    await Promise.all([primary.kill(), replica.kill()]);
  }
}

function peak(who: string, box: Box): Figure {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${box.pid}/status`, "utf8")) ?? [];
  const ours: Spread = spread([(Number(kilobytes) * 1024) / MEGABYTE]);
  return {
    name: `memory, the peak of ${who} ${MANY.toLocaleString("en")} monitors`,
    unit: "MB",
    ours,
    goal: `under ${GOALS.peak} MB`,
    reached: ours.max < GOALS.peak,
  };
}
