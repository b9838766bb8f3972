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
import { cycleUntilWell, kill, spanOf } from "../kill.ts";
import type { Random } from "../random.ts";

type Victim = "mariadbd" | "the supervisor" | "Kuma";

const VICTIMS: readonly Victim[] = ["mariadbd", "the supervisor", "Kuma"];

export const ROWS = "rows old or new as a whole, other tables";

const whileApplying = (victim: Victim): Fault => ({
  group: 11,
  name: `MariaDB: SIGKILL of ${victim}, while applying`,
  checked: `${ROWS}, never refused for an outage, convergence`,
  rounds: (asked) => asked,
  roundsPerStage: 25,
  open: (folder) =>
    stage(openMariaDbScenario(folder, { mode: "RESTORE" }), (scenario, { random, span }) =>
      killInApply(scenario, { victim, span }, random),
    ),
});

const whilePublishing = (victim: Victim): Fault => ({
  group: 11,
  name: `MariaDB: SIGKILL of ${victim}, while publishing`,
  checked: "the repository's latest is what Kuma holds after the next cycle",
  rounds: (asked) => asked,
  roundsPerStage: 25,
  open: (folder) =>
    stage(openMariaDbScenario(folder, { mode: "BACKUP" }), (scenario, { random, span }) =>
      killInPublish(scenario, { victim, span }, random),
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
    return stage(openMariaDbScenario(folder, { mode: "RESTORE", env }), (scenario, { random, index, span }) =>
      killInApply(scenario, { victim: VICTIMS[index % 3] ?? "Kuma", span, local: LOCAL }, random),
    );
  },
};

interface Kill {
  readonly victim: Victim;
  /** The kills are spread over so many milliseconds. */
  readonly span: number;
  /** Tables of which no row is lost, where a real Kuma writes by itself; else all others stay as they are. */
  readonly local?: readonly string[];
}

async function killInApply(
  scenario: MariaDbScenario,
  { victim, span, local }: Kill,
  random: Random,
): Promise<string> {
  const before = await scenario.look();
  await scenario.editNext();
  const after = scenario.wanted();
  const from = scenario.instance.events().length;
  scenario.instance.signal("SIGUSR1");
  await sleep(random.below(span));
  const lookAtRows = async () => {
    const now = await scenario.look();
    const which = assertEqualsOneOf(now, { before, after });
    assertOthers(before, now, local);
    return which === "before" ? "before" : now.proven ? "after, verified" : "after, not verified yet";
  };
  const left = await killFor(scenario, victim, random, lookAtRows);
  const first = victim === "the supervisor" ? 0 : from;
  const { type } = await scenario.instance.outcome(first);
  await lookAtRows();
  const events = scenario.instance.events().slice(first);
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
  return `${victim} → ${left ?? type}`;
}

function assertOthers(before: DatabaseState, now: DatabaseState, local: readonly string[] | undefined): void {
  if (local === undefined) assertLocalUnchanged(before, now);
  else assertNothingLost(before, now, local);
}

async function killInPublish(
  scenario: MariaDbScenario,
  { victim, span }: Kill,
  random: Random,
): Promise<string> {
  await scenario.editNext();
  const from = scenario.instance.events().length;
  scenario.instance.signal("SIGUSR1");
  await sleep(random.below(span));
  await killFor(scenario, victim, random);
  const { type } = await scenario.instance.outcome(victim === "the supervisor" ? 0 : from);
  await scenario.instance.untilLogged("kuma-ready");
  await cycleUntilWell(scenario.instance);
  await scenario.assertPublished();
  return `${victim} → ${type}`;
}

/**
 * What is killed is there again a moment later: the server by its own supervisor, the container by Docker.
 * @param look is called while no instance runs. @returns what that gave
 */
async function killFor(
  scenario: MariaDbScenario,
  victim: Victim,
  random: Random,
  look?: () => Promise<string>,
): Promise<string | undefined> {
  if (victim === "the supervisor") {
    await scenario.instance.kill();
    const left = await look?.();
    await scenario.start();
    return left;
  }
  if (victim === "mariadbd") {
    await scenario.mariadb.kill();
    await sleep(random.below(1_500));
    await scenario.mariadb.start();
  } else {
    const find = () => scenario.instance.kumaPid();
    const pid = await waitFor("Kuma", find, { timeout: 300, every: 4 }).catch(() => undefined);
    if (pid !== undefined) kill(pid);
  }
  return undefined;
}

export const killsOnMariaDb: readonly Fault[] = [
  ...VICTIMS.map(whileApplying),
  ...VICTIMS.map(whilePublishing),
];

interface Round {
  readonly random: Random;
  readonly index: number;
  /** How long a cycle with something to do takes, milliseconds. */
  readonly span: number;
}

/** A stage of faults on one scenario. */
export async function stage(
  opening: Promise<MariaDbScenario>,
  round: (scenario: MariaDbScenario, round: Round) => Promise<string>,
): Promise<Stage> {
  const scenario = await opening;
  await scenario.editNext();
  const span = await spanOf(() => scenario.instance.cycle());
  return {
    round: (random, index) => round(scenario, { random, index, span }),
    close: scenario.close,
  };
}
