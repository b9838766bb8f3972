import { insistUnchanged, look } from "../../support/database-state.ts";
import { type Fault, insist } from "../../support/invariant.ts";
import { openReplicaStage, type ReplicaStage } from "../../support/scenarios.ts";
import { change } from "../../support/source-data.ts";

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
    name: "dies after 5 s, with the usual time of proof",
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
    const stage = await openReplicaStage(folder, { env });
    return { round: () => rollBack(stage, behaviour), close: stage.close };
  },
}));

async function rollBack(stage: ReplicaStage, behaviour: string): Promise<string> {
  const before = look(stage.dataDir);
  const from = stage.box.events().length;
  change(stage.truthDir, [
    "UPDATE tag SET name = name || ' bad'",
    "DELETE FROM monitor WHERE id = (SELECT max(id) FROM monitor WHERE name LIKE 'victim%')",
    `INSERT INTO monitor (name, type, description, active, user_id) VALUES ('stand-in', 'ping', '${behaviour}', 0, 1)`,
  ]);
  await stage.publish();
  stage.box.signal("SIGUSR1");
  await stage.box.told("rolled-back", { from });
  insistAsBefore(stage, before);
  insist((await stage.box.cycle()).type === "unchanged", "the refused snapshot is tried again");

  await stage.box.kill();
  await stage.start();
  await stage.box.told("kuma-ready");
  insist(
    (await stage.box.outcome(0)).type === "unchanged",
    "the refused snapshot is tried again after a restart",
  );
  insistAsBefore(stage, before);

  change(stage.truthDir, ["DELETE FROM monitor WHERE name = 'stand-in'"]);
  await stage.publishNext();
  await stage.box.cycle();
  await stage.converge();
  return "rolled back";
}

function insistAsBefore(stage: ReplicaStage, before: ReturnType<typeof look>): void {
  const now = insistUnchanged(stage.dataDir, before);
  insist(now.icon === before.icon, "the icon is not as before");
  insist(
    now.sequences === before.sequences,
    `the counters are not as before: ${now.sequences} ${before.sequences}`,
  );
}
