import { assertUnchanged, readState } from "../../support/database-state.ts";
import { assertInvariant } from "../../support/invariant.ts";
import { openReplicaScenario, type ReplicaScenario } from "../../support/scenarios.ts";
import { change } from "../../support/source-data.ts";
import type { Fault } from "../fault.ts";

interface Way {
  readonly name: string;
  /** What the stand-in does with the new configuration. */
  readonly behaviour: string;
  readonly env: Readonly<Record<string, string>>;
  readonly rounds: (asked: number) => number;
}

const few = (asked: number) => Math.max(1, Math.min(Math.ceil(asked / 10), 10));

const WAYS: readonly Way[] = [
  { name: "does not start", behaviour: "die", env: {}, rounds: few },
  { name: "dies after 0.5 s", behaviour: "die 500", env: { REPLICATOR_PROOF_WINDOW: "1s" }, rounds: few },
  {
    name: "dies after 0.5 s, applied live,",
    behaviour: "die 500",
    env: { REPLICATOR_PROOF_WINDOW: "1s", REPLICATOR_APPLY: "live" },
    rounds: few,
  },
  {
    name: "dies after 5 s, with the usual health check window",
    behaviour: "die 5000",
    env: { REPLICATOR_PROOF_WINDOW: "10s" },
    rounds: () => 1,
  },
  { name: "never becomes ready", behaviour: "hang", env: { REPLICATOR_START_LIMIT: "2s" }, rounds: few },
];

export const doesNotRunFaults: readonly Fault[] = WAYS.map(({ name, behaviour, env, rounds }) => ({
  group: 9,
  name: `Kuma ${name} with the new configuration`,
  checked:
    "every row of every table and the icon as before, refused and remembered across a restart, a newer one applied",
  rounds,
  roundsPerStage: 5,
  open: async (folder) => {
    const scenario = await openReplicaScenario(folder, { env });
    return { round: () => rollBack(scenario, behaviour), close: scenario.close };
  },
}));

async function rollBack(scenario: ReplicaScenario, behaviour: string): Promise<string> {
  const before = readState(scenario.dataDir);
  const from = scenario.instance.events().length;
  change(scenario.sourceDir, [
    "UPDATE tag SET name = name || ' bad'",
    "DELETE FROM monitor WHERE id = (SELECT max(id) FROM monitor WHERE name LIKE 'victim%')",
    `INSERT INTO monitor (name, type, description, active, user_id) VALUES ('stand-in', 'ping', '${behaviour}', 0, 1)`,
  ]);
  await scenario.publish();
  scenario.instance.signal("SIGUSR1");
  await scenario.instance.untilLogged("rolled-back", { from });
  insistAsBefore(scenario, before);
  assertInvariant(
    (await scenario.instance.cycle()).type === "unchanged",
    "the refused snapshot is tried again",
  );

  await scenario.instance.kill();
  await scenario.start();
  await scenario.instance.untilLogged("kuma-ready");
  assertInvariant(
    (await scenario.instance.outcome(0)).type === "unchanged",
    "the refused snapshot is tried again after a restart",
  );
  insistAsBefore(scenario, before);

  change(scenario.sourceDir, ["DELETE FROM monitor WHERE name = 'stand-in'"]);
  await scenario.publishNext();
  await scenario.instance.cycle();
  await scenario.converge();
  return "rolled back";
}

function insistAsBefore(scenario: ReplicaScenario, before: ReturnType<typeof readState>): void {
  const now = assertUnchanged(scenario.dataDir, before);
  assertInvariant(now.icon === before.icon, "the icon is not as before");
  assertInvariant(
    now.sequences === before.sequences,
    `the counters are not as before: ${now.sequences} ${before.sequences}`,
  );
}
