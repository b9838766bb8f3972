import { join } from "node:path";
import { readKumaVersion } from "../../src/kuma/index.ts";
import { ensureKuma } from "../../test/support/install/kuma.ts";
import { assertInvariant } from "../../test/support/invariant.ts";
import { isKumaReady, startBareKuma } from "../../test/support/kuma/bare-kuma.ts";
import { freePort } from "../../test/support/ports.ts";
import { openReplicaScenario, type ReplicaScenario } from "../../test/support/scenarios.ts";
import { fillData } from "../../test/support/source-data.ts";
import { compare, type Figure, type Measure, type Pair, takePairs } from "../figure.ts";
import { firstAnswer, lastAnswer, stopBareKuma } from "../kuma-process.ts";
import { spread } from "../stats.ts";

const RUNS = 7;
const LIMIT = 1.05;

/** How long a replica does not watch, because it applies. */
export const monitoringGap: Measure = {
  name: "monitoring gap",
  measure: async (folder) => {
    const kumaDir = await ensureKuma();
    const kumaVersion = readKumaVersion(kumaDir);
    const bareData = join(folder, "bare");
    fillData(bareData, kumaVersion);
    const env = { KUMA_DIR: kumaDir, KUMA_COMMAND: "", REPLICATOR_PROOF_WINDOW: "1s" };
    const stage = await openReplicaScenario(folder, { kumaVersion, env });
    try {
      const own: number[] = [];
      const pairs = await takePairs(
        RUNS,
        async () => {
          const run = await applyNext(stage);
          own.push(run.own);
          return run.gap;
        },
        () => restartBare(kumaDir, bareData),
      );
      return [figure(pairs, own), await applyIdentical(stage)];
    } finally {
      await stage.close();
    }
  },
};

function figure(pairs: readonly Pair[], own: readonly number[]): Figure {
  const about = {
    name: "a replica's monitoring gap: last answer before, to first answer after an apply",
    unit: "ms",
    reference: "Kuma alone: SIGTERM to exit, start to first answer",
    goal: `at most ${LIMIT}`,
    note: `of it neither Kuma's stop nor its start: ${Math.round(spread(own).median)} ms`,
  };
  return compare(pairs, about, (ratio) => ratio <= LIMIT);
}

/** A person edits, the replica applies. `own`: what is neither Kuma's stop nor its start, as the supervisor saw it. */
async function applyNext(stage: ReplicaScenario): Promise<{ gap: number; own: number }> {
  const { instance } = stage;
  await stage.publishNext();
  const from = instance.events().length;
  const silent = lastAnswer(instance.port);
  instance.signal("SIGUSR1");
  const last = await silent;
  const first = await firstAnswer(instance.port);
  const { monitoringGapMs } = await instance.untilLogged("applied", { from });
  await instance.untilLogged("cycle-done", { from });
  const stopped = await instance.untilLogged("kuma-stopped", { from });
  const ready = await instance.untilLogged("kuma-ready", { from });
  return { gap: first - last, own: monitoringGapMs - stopped.afterMs - ready.afterMs };
}

/** The least that any restart takes: nothing happens in between. */
async function restartBare(kumaDir: string, dataDir: string): Promise<number> {
  const port = await freePort();
  const env = { UPTIME_KUMA_DB_TYPE: "sqlite" };
  const before = startBareKuma({ kumaDir, dataDir, port, env }, true);
  await firstAnswer(port);
  const asked = await stopBareKuma(before);
  const after = startBareKuma({ kumaDir, dataDir, port, env }, true);
  const ready = await firstAnswer(port);
  await stopBareKuma(after);
  return ready - asked;
}

/** The same content again, as another snapshot: nothing may stop. */
async function applyIdentical(stage: ReplicaScenario): Promise<Figure> {
  const gaps: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const pid = stage.instance.kumaPid();
    const from = stage.instance.events().length;
    await stage.publish();
    let missed = 0;
    const watching = setInterval(async () => {
      if (!(await isKumaReady(stage.instance.port))) missed += 1;
    }, 20);
    stage.instance.signal("SIGUSR1");
    const { monitoringGapMs } = await stage.instance.untilLogged("applied", { from });
    await stage.instance.untilLogged("cycle-done", { from });
    clearInterval(watching);
    assertInvariant(
      stage.instance.kumaPid() === pid && missed === 0,
      "Kuma was restarted, or did not answer",
    );
    gaps.push(monitoringGapMs);
  }
  const ours = spread(gaps);
  return {
    name: "monitoring gap of an apply of an identical snapshot",
    unit: "ms",
    ours,
    goal: "0, no restart",
    reached: ours.max === 0,
    note: "the process is the same, and answered all the time",
  };
}
