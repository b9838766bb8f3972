import { join } from "node:path";
import { insistLocalUnchanged, insistUnchanged, insistWholly, look } from "../../support/database-state.ts";
import { type Fault, insist } from "../../support/invariant.ts";
import {
  openPrimaryStage,
  openReplicaStage,
  type PrimaryStage,
  type ReplicaStage,
} from "../../support/scenarios.ts";
import { type Disk, mountDisk, whyNoDisk } from "../disk.ts";
import type { Random } from "../random.ts";

const few = (asked: number) => Math.max(3, Math.min(asked, 40));

/** What is left of the disk, bytes: from nothing to a little more than an apply takes. */
const ROOM = 600_000;

/** Less than restic 0.14 takes for one read that it cannot put into its cache, milliseconds. */
const CACHE_LIMIT = 20_000;

const replica: Fault = {
  group: 3,
  name: "disk of a replica's data, state and cache full",
  checked: "integrity, rows old or new as a whole, other tables, converges once there is room",
  rounds: few,
  roundsPerStage: 20,
  impossible: whyNoDisk,
  open: async (folder) => {
    const disk = await mountDisk(join(folder, "replica"), 48);
    const stage = await openReplicaStage(folder);
    return { round: (random) => applyWithoutRoom(stage, disk, random), close: () => closeBoth(stage, disk) };
  },
};

async function applyWithoutRoom(stage: ReplicaStage, disk: Disk, random: Random): Promise<string> {
  const before = look(stage.dataDir);
  const after = await stage.publishNext();
  disk.fillBut(random.below(ROOM));
  const told = await stage.box.cycle();
  const now = look(stage.dataDir);
  insistWholly(now, { before, after });
  insistLocalUnchanged(before, now);
  disk.free();
  if ((await stage.box.cycle()).type === "unchanged") {
    // A full disk may keep Kuma from starting with the new configuration: then it is refused, as any other.
    await stage.publishNext();
    stage.box.signal("SIGUSR1");
  }
  insistLocalUnchanged(before, await stage.converge());
  return told.type === "cycle-failed" ? told.problem.code : told.type;
}

const primary: Fault = {
  group: 3,
  name: "disk of a primary's data, state and cache full",
  checked: "integrity, no row changed, Kuma runs, publishes what it holds once there is room",
  rounds: few,
  roundsPerStage: 20,
  impossible: whyNoDisk,
  open: async (folder) => {
    const disk = await mountDisk(join(folder, "primary"), 48);
    const stage = await openPrimaryStage(folder);
    return {
      round: (random) => publishWithoutRoom(stage, disk, random.below(ROOM / 10)),
      close: () => closeBoth(stage, disk),
    };
  },
};

const repository: Fault = {
  group: 3,
  name: "disk of the repository full, while dumping into it",
  checked: "integrity, no row changed, Kuma runs, publishes what it holds once there is room",
  rounds: few,
  roundsPerStage: 20,
  impossible: whyNoDisk,
  open: async (folder) => {
    const disk = await mountDisk(join(folder, "repository"), 48);
    const stage = await openPrimaryStage(folder);
    return {
      round: (random) => publishWithoutRoom(stage, disk, random.below(40_000)),
      close: () => closeBoth(stage, disk),
    };
  },
};

const cache: Fault = {
  group: 3,
  name: "disk of a replica's cache full",
  checked: "applied whole within 20 s all the same, running and at a start; other tables",
  rounds: few,
  roundsPerStage: 20,
  impossible: whyNoDisk,
  open: async (folder) => {
    const disk = await mountDisk(join(folder, "cache"), 48);
    const stage = await openReplicaStage(folder, { env: { RESTIC_CACHE_DIR: join(folder, "cache") } });
    return { round: (random) => applyWithoutCache(stage, disk, random), close: () => closeBoth(stage, disk) };
  },
};

async function applyWithoutCache(stage: ReplicaStage, disk: Disk, random: Random): Promise<string> {
  const before = look(stage.dataDir);
  const isRunning = random.chance(0.5);
  if (!isRunning) await stage.box.kill();
  const after = await stage.publishNext();
  disk.fillBut(random.chance(0.5) ? 0 : random.below(ROOM));
  if (!isRunning) await stage.start();
  const from = isRunning ? stage.box.events().length : 0;
  if (isRunning) stage.box.signal("SIGUSR1");
  const told = await stage.box.outcome(from, CACHE_LIMIT);
  insist(told.type === "applied", `told ${JSON.stringify(told)}`);
  const now = await stage.converge();
  insistWholly(now, { after });
  insistLocalUnchanged(before, now);
  disk.free();
  return isRunning ? "running" : "at a start";
}

export const diskFaults: readonly Fault[] = [replica, cache, primary, repository];

async function publishWithoutRoom(stage: PrimaryStage, disk: Disk, room: number): Promise<string> {
  const before = stage.editNext();
  disk.fillBut(room);
  const told = await stage.box.cycle();
  insist(stage.box.kumaPid() !== undefined, "Kuma does not run");
  disk.free();
  await stage.publishNow();
  insistUnchanged(stage.dataDir, before);
  return told.type === "cycle-failed" ? told.problem.code : told.type;
}

async function closeBoth(stage: ReplicaStage | PrimaryStage, disk: Disk): Promise<void> {
  await stage.close();
  await disk.remove();
}
