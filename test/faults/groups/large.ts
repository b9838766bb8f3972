import {
  assertEqualsOneOf,
  assertLocalUnchanged,
  type DatabaseState,
  readState,
} from "../../support/database-state.ts";
import { assertInvariant } from "../../support/invariant.ts";
import { peakMemoryOf } from "../../support/processes.ts";
import { openReplicaScenario, type ReplicaScenario } from "../../support/scenarios.ts";
import { change } from "../../support/source-data.ts";
import type { Fault } from "../fault.ts";

/** Monitors with 50,000 characters each that nothing compresses to less than half. */
const LONG = `
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
  INSERT INTO monitor (id, name, type, active, user_id, body)
  SELECT 100000 + i, 'long ' || i, 'http', 0, 1, hex(randomblob(25000)) FROM n`;

const NOT_LONG = "DELETE FROM monitor WHERE id > 100000";

export const goodLargeSnapshot: Fault = {
  group: 5,
  name: "a good snapshot of 100 MB, and a small one after it",
  checked: "each applied whole within a minute, Kuma restarted once, other tables; memory of the supervisor",
  rounds: () => 1,
  roundsPerStage: 1,
  open: async (folder) => {
    const scenario = await openReplicaScenario(folder);
    const round = async () => {
      const small = readState(scenario.dataDir);
      change(scenario.sourceDir, [LONG]);
      const large = await apply(scenario, small);
      const peak = peakMegabytes(scenario);
      change(scenario.sourceDir, [NOT_LONG]);
      await apply(scenario, large);
      return `at most ${peak} MB, ${peakMegabytes(scenario)} MB after the small one`;
    };
    return { round, close: scenario.close };
  },
};

async function apply(scenario: ReplicaScenario, before: DatabaseState): Promise<DatabaseState> {
  const after = await scenario.publishNext();
  const from = scenario.instance.events().length;
  scenario.instance.signal("SIGUSR1");
  const reported = await scenario.instance.outcome(from);
  assertInvariant(reported.type === "applied", `reported ${JSON.stringify(reported)}`);
  const now = await scenario.converge(after);
  assertEqualsOneOf(now, { after });
  assertLocalUnchanged(before, now);
  const starts = scenario.instance
    .events()
    .slice(from)
    .filter(({ type }) => type === "kuma-starting");
  assertInvariant(starts.length === 1, `Kuma was started ${starts.length} times`);
  return now;
}

function peakMegabytes({ instance }: ReplicaScenario): number {
  return Math.round(peakMemoryOf(instance.pid) / 1_000_000);
}
