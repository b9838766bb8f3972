import { join } from "node:path";
import { assertInvariant } from "../../test/support/invariant.ts";
import { peakMemoryOf } from "../../test/support/processes.ts";
import { makeRepository } from "../../test/support/repository.ts";
import { fillData } from "../../test/support/source-data.ts";
import { openNamespace, type SupervisorNamespace } from "../../test/support/supervisor-namespace.ts";
import { changeMonitors, fillWithMonitors } from "../databases.ts";
import type { Figure, Measure } from "../figure.ts";
import { spread } from "../stats.ts";

const MEGABYTE = 1_000_000;
const MANY = 10_000;
const GOAL = 250;

/** The most memory that the supervisor ever takes, with very many monitors. */
export const peakMemory: Measure = { name: "peak memory", measure: measurePeaks };

/** A primary publishes ten thousand monitors, and once more with all of them changed; a replica applies both. */
async function measurePeaks(folder: string): Promise<Figure[]> {
  const repository = join(folder, "repository");
  const [primaryData, replicaData] = [join(folder, "primary"), join(folder, "replica")];
  fillWithMonitors(primaryData, MANY);
  fillData(replicaData);
  await makeRepository(repository);
  const open = (mode: "BACKUP" | "RESTORE", dataDir: string) =>
    openNamespace({ mode, name: mode, dataDir, repository, env: { REPLICATOR_ADOPT: "replace" } });
  const primary = await open("BACKUP", primaryData);
  await primary.untilLogged("published");
  const replica = await open("RESTORE", replicaData);
  try {
    await replica.untilLogged("applied");
    changeMonitors(primaryData, MANY, "changed");
    assertInvariant((await primary.cycle()).type === "published", "the primary did not publish");
    assertInvariant((await replica.cycle()).type === "applied", "the replica did not apply");
    return [peak("a primary that publishes", primary), peak("a replica that applies", replica)];
  } finally {
    await Promise.all([primary.kill(), replica.kill()]);
  }
}

function peak(who: string, instance: SupervisorNamespace): Figure {
  const ours = spread([peakMemoryOf(instance.pid) / MEGABYTE]);
  return {
    name: `memory, the peak of ${who} ${MANY.toLocaleString("en")} monitors`,
    unit: "MB",
    ours,
    goal: `under ${GOAL} MB`,
    reached: ours.max < GOAL,
  };
}
