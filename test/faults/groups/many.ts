import { setTimeout as sleep } from "node:timers/promises";
import {
  assertEqualsOneOf,
  assertLocalUnchanged,
  type DatabaseState,
  readState,
} from "../../support/database-state.ts";
import { assertInvariant } from "../../support/invariant.ts";
import { assertNoProcess, openReplicaScenario, type ReplicaScenario } from "../../support/scenarios.ts";
import { change } from "../../support/source-data.ts";
import type { Fault } from "../fault.ts";
import type { Random } from "../random.ts";

const MANY = 50_000;

interface Moment {
  readonly name: string;
  /** The event that begins it. */
  readonly from: "started" | "repository-checked" | "kuma-stopping" | "kuma-starting";
  /** How long it lasts here, a little more, milliseconds: kills are spread over it. */
  readonly span: number;
}

/** When it is killed, in turn: their number and that of the steps have no factor in common, so each meets each. */
const MOMENTS: readonly Moment[] = [
  { name: "fetched and planned", from: "repository-checked", span: 3_000 },
  { name: "written", from: "kuma-stopping", span: 2_500 },
  { name: "verified", from: "kuma-starting", span: 600 },
  { name: "applied before Kuma's start", from: "started", span: 5_000 },
];

/**
 * What becomes of them in the snapshot of a round, one after the other. An edit follows each, which changes them all.
 */
const STEPS: readonly { readonly name: string; readonly statements: readonly string[] }[] = [
  {
    name: "added",
    statements: [
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MANY})
       INSERT INTO monitor (id, name, type, active, user_id) SELECT 100000 + i, 'many ' || i, 'ping', 0, 1 FROM n`,
    ],
  },
  { name: "changed", statements: [] },
  {
    name: "removed",
    // Nothing refers to them. With foreign keys on SQLite looks through all monitors for the children of each, for
    // `parent` has no index: five minutes.
    statements: [
      "PRAGMA foreign_keys = OFF",
      `DELETE FROM monitor WHERE id BETWEEN 100001 AND ${100_000 + MANY}`,
    ],
  },
];

const ALL = STEPS.length * MOMENTS.length;

export const killWithManyMonitors: Fault = {
  group: 7,
  name: "a database with 50,000 monitors, killed while they are applied",
  checked:
    "integrity, all of them or none, other tables, convergence, no process; there, changed, and back again",
  rounds: (asked) => Math.min(Math.ceil(asked / 20), ALL),
  roundsPerStage: ALL,
  open: async (folder) => {
    const scenario = await openReplicaScenario(folder);
    let now = readState(scenario.dataDir);
    const round = async (random: Random, index: number) => {
      const step = STEPS[index % STEPS.length];
      const moment = MOMENTS[index % MOMENTS.length];
      assertInvariant(step !== undefined && moment !== undefined, "no such step or moment");
      change(scenario.sourceDir, step.statements);
      const after = await scenario.publishNext();
      const which = await killApply(scenario, moment, random.below(moment.span), { before: now, after });
      now = await recover(scenario, { before: now, after });
      return `${step.name}, being ${moment.name}: ${which}`;
    };
    return { round, close: scenario.close };
  },
};

interface Versions {
  readonly before: DatabaseState;
  readonly after: DatabaseState;
}

async function killApply(
  scenario: ReplicaScenario,
  { from: type }: Moment,
  delay: number,
  { before, after }: Versions,
): Promise<"none" | "all"> {
  if (type === "started") {
    await scenario.instance.kill();
    await scenario.start();
  }
  const from = type === "started" ? 0 : scenario.instance.events().length;
  if (type !== "started") scenario.instance.signal("SIGUSR1");
  await scenario.instance.untilLogged(type, { from });
  await sleep(delay);
  await scenario.instance.kill();
  assertNoProcess(scenario.dataDir);
  const now = readState(scenario.dataDir);
  assertLocalUnchanged(before, now);
  return assertEqualsOneOf(now, { before, after }) === "before" ? "none" : "all";
}

async function recover(scenario: ReplicaScenario, { before, after }: Versions): Promise<DatabaseState> {
  await scenario.start();
  const now = await scenario.converge(after);
  assertLocalUnchanged(before, now);
  return now;
}
