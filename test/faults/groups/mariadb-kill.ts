import { setTimeout as sleep } from "node:timers/promises";
import { readKumaVersion } from "../../../src/kuma/index.ts";
import {
  assertEqualsOneOf,
  assertLocalUnchanged,
  assertNothingLost,
  type DatabaseState,
} from "../../support/database-state.ts";
import { assertInvariant } from "../../support/invariant.ts";
import { type MariaDbScenario, openMariaDbScenario } from "../../support/mariadb-scenarios.ts";
import { waitFor } from "../../support/wait.ts";
import type { Fault, Stage } from "../fault.ts";
import { cycleUntilWell, kill } from "../kill.ts";
import type { Random } from "../random.ts";

type Victim = "mariadbd" | "the supervisor" | "Kuma";

const VICTIMS: readonly Victim[] = ["mariadbd", "the supervisor", "Kuma"];

/** A publish or an apply takes less here, milliseconds. */
export const SPAN = 1_300;
/** The same with a real Kuma. */
const REAL_SPAN = 12_000;

export const ROWS = "rows old or new as a whole, other tables";

const whileApplying = (victim: Victim): Fault => ({
  group: 11,
  name: `MariaDB: SIGKILL of ${victim}, while applying`,
  checked: `${ROWS}, never refused for an outage, convergence`,
  rounds: (asked) => asked,
  roundsPerStage: 25,
  open: (folder) =>
    stage(openMariaDbScenario(folder, { mode: "RESTORE" }), (scenario, random) =>
      killInApply(scenario, victim, { span: SPAN }, random),
    ),
});

const whilePublishing = (victim: Victim): Fault => ({
  group: 11,
  name: `MariaDB: SIGKILL of ${victim}, while publishing`,
  checked: "the repository's latest is what Kuma holds after the next cycle",
  rounds: (asked) => asked,
  roundsPerStage: 25,
  open: (folder) =>
    stage(openMariaDbScenario(folder, { mode: "BACKUP" }), (scenario, random) =>
      killInPublish(scenario, victim, random),
    ),
});

/** History and accounts; a real Kuma writes the rest by itself. */
const LOCAL = ["user", "api_key", "setting", "heartbeat"];

export const killOnMariaDbWithRealKuma: Fault = {
  group: 11,
  name: "MariaDB: SIGKILL of any of the three while applying, with a real Uptime Kuma",
  checked:
    "rows old or new as a whole, accounts, settings, history, never refused for an outage, convergence",
  rounds: (asked) => Math.min(Math.ceil(asked / 7), 30),
  roundsPerStage: 15,
  impossible: () =>
    process.env.KUMA_DIR && readKumaVersion(process.env.KUMA_DIR) === "2.5.3"
      ? undefined
      : "KUMA_DIR must name an Uptime Kuma 2.5.3, whose database it begins with",
  open: (folder) => {
    const env = { KUMA_DIR: process.env.KUMA_DIR ?? "", KUMA_COMMAND: "", REPLICATOR_PROOF_WINDOW: "1s" };
    return stage(openMariaDbScenario(folder, { mode: "RESTORE", env }), (scenario, random, index) =>
      killInApply(scenario, VICTIMS[index % 3] ?? "Kuma", { span: REAL_SPAN, local: LOCAL }, random),
    );
  },
};

async function killInApply(
  scenario: MariaDbScenario,
  victim: Victim,
  { span, local }: { span: number; local?: readonly string[] },
  random: Random,
): Promise<string> {
  const before = await scenario.look();
  await scenario.editNext();
  const after = scenario.wanted();
  const from = scenario.instance.events().length;
  scenario.instance.signal("SIGUSR1");
  await sleep(random.below(span));
  await killFor(scenario, victim, random);
  const isSame = victim !== "the supervisor";
  const { type } = await scenario.instance.outcome(isSame ? from : 0);
  const now = await scenario.look();
  assertEqualsOneOf(now, { before, after });
  assertOthers(before, now, local);
  const events = scenario.instance.events().slice(isSame ? from : 0);
  if (events.some((event) => event.type === "rolled-back")) {
    assertInvariant(
      victim !== "mariadbd",
      `refused for an outage\n${scenario.instance.output().slice(-4_000)}`,
    );
    // Whether Kuma died of the new configuration cannot be known: it is refused, and the next one is taken.
    await scenario.editNext();
  }
  await cycleUntilWell(scenario.instance);
  assertOthers(before, await scenario.converge(), local);
  return `${victim} → ${type}`;
}

function assertOthers(before: DatabaseState, now: DatabaseState, local: readonly string[] | undefined): void {
  if (local === undefined) assertLocalUnchanged(before, now);
  else assertNothingLost(before, now, local);
}

async function killInPublish(scenario: MariaDbScenario, victim: Victim, random: Random): Promise<string> {
  await scenario.editNext();
  const from = scenario.instance.events().length;
  scenario.instance.signal("SIGUSR1");
  await sleep(random.below(SPAN));
  await killFor(scenario, victim, random);
  const { type } = await scenario.instance.outcome(victim === "the supervisor" ? 0 : from);
  await scenario.instance.untilLogged("kuma-ready");
  await cycleUntilWell(scenario.instance);
  await scenario.assertPublished();
  return `${victim} → ${type}`;
}

/** What is killed is there again a moment later: the server by its own supervisor, the container by Docker. */
async function killFor(scenario: MariaDbScenario, victim: Victim, random: Random): Promise<void> {
  if (victim === "the supervisor") {
    await scenario.instance.kill();
    await scenario.start();
  } else if (victim === "mariadbd") {
    await scenario.mariadb.kill();
    await sleep(random.below(1_500));
    await scenario.mariadb.start();
  } else {
    const find = () => scenario.instance.kumaPid();
    const pid = await waitFor("Kuma", find, { timeout: 300, every: 4 }).catch(() => undefined);
    if (pid !== undefined) kill(pid);
  }
}

export const killsOnMariaDb: readonly Fault[] = [
  ...VICTIMS.map(whileApplying),
  ...VICTIMS.map(whilePublishing),
];

/** A stage of faults on one scenario. */
export async function stage(
  opening: Promise<MariaDbScenario>,
  round: (scenario: MariaDbScenario, random: Random, index: number) => Promise<string>,
): Promise<Stage> {
  const scenario = await opening;
  return { round: (random, index) => round(scenario, random, index), close: scenario.close };
}
