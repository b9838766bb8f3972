import { join } from "node:path";
import { readKumaVersion } from "../../src/kuma/index.ts";
import { ensureKuma } from "../../test/support/install/kuma.ts";
import { startBareKuma } from "../../test/support/kuma/bare-kuma.ts";
import { freePort } from "../../test/support/ports.ts";
import { makeRepository } from "../../test/support/repository.ts";
import { fillData } from "../../test/support/source-data.ts";
import { openNamespace } from "../../test/support/supervisor-namespace.ts";
import { compare, type Figure, type Measure, takePairs } from "../figure.ts";
import { firstAnswer, stopBareKuma } from "../kuma-process.ts";
import { spread } from "../stats.ts";

const RUNS = 11;
/** Milliseconds. */
const GOAL = 400;

/** From the start of PID 1 to Kuma's first answer. */
export const start: Measure = {
  name: "start",
  measure: async (folder) => {
    const kumaDir = await ensureKuma();
    const repository = join(folder, "repository");
    await makeRepository(repository);
    const [ours, bare] = [join(folder, "ours"), join(folder, "bare")];
    for (const dataDir of [ours, bare]) fillData(dataDir, readKumaVersion(kumaDir));
    const pairs = await takePairs(
      RUNS,
      () => startOurs(kumaDir, ours, repository),
      () => startBare(kumaDir, bare),
    );
    const later = spread(pairs.map((pair) => pair.ours - pair.theirs));
    const about = {
      name: "start of a primary's container to Kuma's first answer",
      unit: "ms",
      reference: "the same without us",
      goal: `at most ${GOAL} ms more`,
      note: `${Math.round(later.median)} ms more (${Math.round(later.min)}–${Math.round(later.max)})`,
    };
    const figure: Figure = { ...compare(pairs, about, () => undefined), reached: later.median <= GOAL };
    return [figure];
  },
};

async function startOurs(kumaDir: string, dataDir: string, repository: string): Promise<number> {
  const env = { KUMA_DIR: kumaDir, KUMA_COMMAND: "" };
  const begun = performance.now();
  const instance = await openNamespace({ mode: "BACKUP", name: "primary", dataDir, repository, env });
  try {
    return (await firstAnswer(instance.port)) - begun;
  } finally {
    await instance.untilLogged("cycle-done").catch(() => undefined);
    await instance.stop();
  }
}

async function startBare(kumaDir: string, dataDir: string): Promise<number> {
  const port = await freePort();
  const begun = performance.now();
  const kuma = startBareKuma({ kumaDir, dataDir, port, env: { UPTIME_KUMA_DB_TYPE: "sqlite" } }, true);
  const ready = await firstAnswer(port);
  await stopBareKuma(kuma);
  return ready - begun;
}
