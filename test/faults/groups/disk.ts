import { join } from "node:path";
import {
  assertEqualsOneOf,
  assertLocalUnchanged,
  assertUnchanged,
  readState,
} from "../../support/database-state.ts";
import { assertInvariant } from "../../support/invariant.ts";
import {
  openPrimaryScenario,
  openReplicaScenario,
  type PrimaryScenario,
  type ReplicaScenario,
} from "../../support/scenarios.ts";
import { type Disk, mountDisk, whyNoDisk } from "../disk.ts";
import type { Fault } from "../fault.ts";
import type { Random } from "../random.ts";

const few = (asked: number) => Math.max(3, Math.min(asked, 40));

/** What is left of the disk, bytes: from nothing to a little more than an apply takes. */
const ROOM = 600_000;

/** Less than restic 0.14 takes for one read that it cannot put into its cache, milliseconds. */
const CACHE_LIMIT = 20_000;

/** A fault in a scenario that has a small disk at `place`. */
function onDisk<S extends ReplicaScenario | PrimaryScenario>(
  place: string,
  open: (folder: string) => Promise<S>,
  round: (scenario: S, disk: Disk, random: Random) => Promise<string>,
): Omit<Fault, "name" | "checked"> {
  return {
    group: 3,
    rounds: few,
    roundsPerStage: 20,
    impossible: whyNoDisk,
    open: async (folder) => {
      const disk = await mountDisk(join(folder, place), 48);
      const scenario = await open(folder);
      const close = async () => {
        await scenario.close();
        await disk.remove();
      };
      return { round: (random) => round(scenario, disk, random), close };
    },
  };
}

const replica: Fault = {
  name: "disk of a replica's data, state and cache full",
  checked: "integrity, rows old or new as a whole, other tables, converges once there is room",
  ...onDisk("replica", openReplicaScenario, applyWithoutRoom),
};

async function applyWithoutRoom(scenario: ReplicaScenario, disk: Disk, random: Random): Promise<string> {
  const before = readState(scenario.dataDir);
  const after = await scenario.publishNext();
  disk.fillBut(random.below(ROOM));
  const reported = await scenario.instance.cycle();
  const now = readState(scenario.dataDir);
  assertEqualsOneOf(now, { before, after });
  assertLocalUnchanged(before, now);
  disk.free();
  if ((await scenario.instance.cycle()).type === "unchanged") {
    // A full disk may keep Kuma from starting with the new configuration: then it is refused, as any other.
    await scenario.publishNext();
    scenario.instance.signal("SIGUSR1");
  }
  assertLocalUnchanged(before, await scenario.converge());
  return reported.type === "cycle-failed" ? reported.problem.code : reported.type;
}

const primary: Fault = {
  name: "disk of a primary's data, state and cache full",
  checked: "integrity, no row changed, Kuma runs, publishes what it holds once there is room",
  ...onDisk("primary", openPrimaryScenario, (scenario, disk, random) =>
    publishWithoutRoom(scenario, disk, random.below(ROOM / 10)),
  ),
};

const repository: Fault = {
  name: "disk of the repository full, while dumping into it",
  checked: "integrity, no row changed, Kuma runs, publishes what it holds once there is room",
  ...onDisk("repository", openPrimaryScenario, (scenario, disk, random) =>
    publishWithoutRoom(scenario, disk, random.below(40_000)),
  ),
};

const cache: Fault = {
  name: "disk of a replica's cache full",
  checked: "applied whole within 20 s all the same, running and at a start; other tables",
  ...onDisk(
    "cache",
    (folder) => openReplicaScenario(folder, { env: { RESTIC_CACHE_DIR: join(folder, "cache") } }),
    applyWithoutCache,
  ),
};

async function applyWithoutCache(scenario: ReplicaScenario, disk: Disk, random: Random): Promise<string> {
  const before = readState(scenario.dataDir);
  const isRunning = random.chance(0.5);
  if (!isRunning) await scenario.instance.kill();
  const after = await scenario.publishNext();
  disk.fillBut(random.chance(0.5) ? 0 : random.below(ROOM));
  if (!isRunning) await scenario.start();
  const from = isRunning ? scenario.instance.events().length : 0;
  if (isRunning) scenario.instance.signal("SIGUSR1");
  const reported = await scenario.instance.outcome(from, CACHE_LIMIT);
  assertInvariant(reported.type === "applied", `reported ${JSON.stringify(reported)}`);
  const now = await scenario.converge();
  assertEqualsOneOf(now, { after });
  assertLocalUnchanged(before, now);
  disk.free();
  return isRunning ? "running" : "at a start";
}

export const diskFaults: readonly Fault[] = [replica, cache, primary, repository];

async function publishWithoutRoom(scenario: PrimaryScenario, disk: Disk, room: number): Promise<string> {
  const before = scenario.editNext();
  disk.fillBut(room);
  const reported = await scenario.instance.cycle();
  assertInvariant(scenario.instance.kumaPid() !== undefined, "Kuma does not run");
  disk.free();
  await scenario.publishNow();
  assertUnchanged(scenario.dataDir, before);
  return reported.type === "cycle-failed" ? reported.problem.code : reported.type;
}
