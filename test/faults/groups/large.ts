import { insistLocalUnchanged, insistWholly, type Look, look } from "../../support/database-state.ts";
import { type Fault, insist } from "../../support/invariant.ts";
import { peakMemoryOf } from "../../support/processes.ts";
import { openReplicaStage, type ReplicaStage } from "../../support/scenarios.ts";
import { change } from "../../support/source-data.ts";

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
    const stage = await openReplicaStage(folder);
    const round = async () => {
      const small = look(stage.dataDir);
      change(stage.truthDir, [LONG]);
      const large = await apply(stage, small);
      const peak = peakMegabytes(stage);
      change(stage.truthDir, [NOT_LONG]);
      await apply(stage, large);
      return `at most ${peak} MB, ${peakMegabytes(stage)} MB after the small one`;
    };
    return { round, close: stage.close };
  },
};

async function apply(stage: ReplicaStage, before: Look): Promise<Look> {
  const after = await stage.publishNext();
  const from = stage.box.events().length;
  stage.box.signal("SIGUSR1");
  const told = await stage.box.outcome(from);
  insist(told.type === "applied", `told ${JSON.stringify(told)}`);
  const now = await stage.converge(after);
  insistWholly(now, { after });
  insistLocalUnchanged(before, now);
  const starts = stage.box
    .events()
    .slice(from)
    .filter(({ type }) => type === "kuma-starting");
  insist(starts.length === 1, `Kuma was started ${starts.length} times`);
  return now;
}

function peakMegabytes({ box }: ReplicaStage): number {
  return Math.round(peakMemoryOf(box.pid) / 1_000_000);
}
