import { setTimeout as sleep } from "node:timers/promises";
import type { ApplyWay } from "../../../src/config/index.ts";
import {
  assertEqualsOneOf,
  assertLocalUnchanged,
  assertUnchanged,
  readState,
} from "../../support/database-state.ts";
import {
  openPrimaryScenario,
  openReplicaScenario,
  type PrimaryScenario,
  type ReplicaScenario,
} from "../../support/scenarios.ts";
import type { SupervisorNamespace } from "../../support/supervisor-namespace.ts";
import { waitFor } from "../../support/wait.ts";
import type { Fault } from "../fault.ts";
import { cycleUntilWell, kill, spanOf } from "../kill.ts";
import type { Random } from "../random.ts";

type Victim = "Kuma" | "restic";

const whileApplying = (victims: readonly Victim[], way: ApplyWay): Fault => ({
  group: 2,
  name: `SIGKILL of ${victims.join(" and ")}, while applying (${way})`,
  checked: "integrity, rows old or new as a whole, other tables, the supervisor goes on and converges",
  rounds: (asked) => asked,
  roundsPerStage: 25,
  open: async (folder) => {
    const scenario = await openReplicaScenario(folder, { env: { REPLICATOR_APPLY: way } });
    await scenario.publishNext();
    const span = await spanOf(() => scenario.instance.cycle());
    return { round: (random) => killInApply(scenario, { victims, span }, random), close: scenario.close };
  },
});

const whilePublishing = (victims: readonly Victim[]): Fault => ({
  group: 2,
  name: `SIGKILL of ${victims.join(" and ")}, while publishing`,
  checked: "integrity, no row changed, the supervisor goes on and publishes what Kuma holds",
  rounds: (asked) => asked,
  roundsPerStage: 25,
  open: async (folder) => {
    const scenario = await openPrimaryScenario(folder);
    scenario.editNext();
    const span = await spanOf(() => scenario.instance.cycle());
    return { round: (random) => killInPublish(scenario, { victims, span }, random), close: scenario.close };
  },
});

export const killOneFaults: readonly Fault[] = [
  ...(["restart", "live"] as const).flatMap((way) => [
    whileApplying(["Kuma"], way),
    whileApplying(["restic"], way),
    whileApplying(["Kuma", "restic"], way),
  ]),
  whilePublishing(["restic"]),
  whilePublishing(["Kuma", "restic"]),
];

interface Kills {
  readonly victims: readonly Victim[];
  /** What they are spread over, milliseconds. */
  readonly span: number;
}

async function killInApply(scenario: ReplicaScenario, kills: Kills, random: Random): Promise<string> {
  const { instance } = scenario;
  const before = readState(scenario.dataDir);
  const after = await scenario.publishNext();
  let wanted = after;
  const from = instance.events().length;
  instance.signal("SIGUSR1");
  const hits = await killEach(instance, kills, random);
  const { type } = await instance.outcome(from);
  const now = readState(scenario.dataDir);
  assertEqualsOneOf(now, { before, after });
  assertLocalUnchanged(before, now);
  // Whether Kuma died of the new configuration cannot be known: it is refused, and the next one is taken.
  if (
    instance
      .events()
      .slice(from)
      .some((event) => event.type === "rolled-back")
  ) {
    assertEqualsOneOf(readState(scenario.dataDir), { before });
    wanted = await scenario.publishNext();
  }
  await cycleUntilWell(instance);
  assertLocalUnchanged(before, await scenario.converge(wanted));
  return [...hits, type].join(" → ");
}

async function killInPublish(scenario: PrimaryScenario, kills: Kills, random: Random): Promise<string> {
  const { instance } = scenario;
  const before = scenario.editNext();
  const from = instance.events().length;
  instance.signal("SIGUSR1");
  const hits = await killEach(instance, kills, random);
  const { type } = await instance.outcome(from);
  const again = instance.events().length;
  await cycleUntilWell(instance);
  await scenario.converge(again);
  assertUnchanged(scenario.dataDir, before);
  return [...hits, type].join(" → ");
}

/** Kills each at a random instant; one that does not run then is waited for a little. */
async function killEach(
  instance: SupervisorNamespace,
  { victims, span }: Kills,
  random: Random,
): Promise<string[]> {
  const moments = victims.map((victim) => ({
    victim,
    delay: random.below(victim === "restic" ? span / 6 : span),
  }));
  const killed = await Promise.all(
    moments.map(async ({ victim, delay }) => {
      await sleep(delay);
      const find = () => (victim === "Kuma" ? instance.kumaPid() : resticPid(instance));
      const pid = await waitFor(victim, find, { timeout: 200, every: 4 }).catch(() => undefined);
      return pid !== undefined && kill(pid) ? [victim] : [];
    }),
  );
  return killed.flat();
}

function resticPid(instance: SupervisorNamespace): number | undefined {
  return instance.processes().find(({ zombie, command }) => !zombie && command[0]?.endsWith("restic"))?.pid;
}
