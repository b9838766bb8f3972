import { join } from "node:path";
import {
  assertEqualsOneOf,
  assertLocalUnchanged,
  assertUnchanged,
  readState,
} from "../../support/database-state.ts";
import { assertInvariant } from "../../support/invariant.ts";
import { putInFrontOfRestic } from "../../support/restic-in-front.ts";
import { openPrimaryScenario, openReplicaScenario, untilEqual } from "../../support/scenarios.ts";
import { fillData } from "../../support/source-data.ts";
import { openNamespace } from "../../support/supervisor-namespace.ts";
import type { Fault } from "../fault.ts";

const few = (asked: number) => Math.max(1, Math.min(Math.ceil(asked / 20), 10));

const clockSetBack: Fault = {
  group: 8,
  name: "clock of the primary set back a day, and right again",
  checked: "a replica takes each of its snapshots, though they look older than those before",
  rounds: few,
  roundsPerStage: 10,
  open: async (folder) => {
    const scenario = await openPrimaryScenario(folder);
    const dataDir = join(folder, "replica");
    fillData(dataDir);
    const { repository } = scenario;
    const replica = await openNamespace({ mode: "RESTORE", name: "replica", dataDir, repository });
    const slowClock = { PATH: putInFrontOfRestic(folder, A_DAY_BEHIND) };
    const round = async () => {
      for (const env of [slowClock, {}]) {
        await scenario.instance.kill();
        await scenario.start({ env });
        await scenario.instance.outcome(0);
        const wanted = scenario.editNext();
        const reported = await scenario.instance.cycle();
        assertInvariant(
          reported.type === "published",
          `the primary did not publish: ${JSON.stringify(reported)}`,
        );
        replica.signal("SIGUSR1");
        await untilEqual(replica, wanted);
        assertEqualsOneOf(readState(scenario.dataDir), { wanted });
      }
      return undefined;
    };
    const close = async () => {
      await replica.kill();
      await scenario.close();
    };
    return { round, close };
  },
};

/** Backups that bear yesterday's time, as on a machine whose clock is a day behind. */
const A_DAY_BEHIND = `[ "$1" != backup ] || { shift; set -- backup --time "$(date -d yesterday '+%Y-%m-%d %H:%M:%S')" "$@"; }`;

const twoReplicas: Fault = {
  group: 8,
  name: "two replicas that apply at once",
  checked: "both converge, other tables of each unchanged",
  rounds: few,
  roundsPerStage: 10,
  open: async (folder) => {
    const scenario = await openReplicaScenario(folder);
    const dataDir = join(folder, "second");
    fillData(dataDir);
    const { repository } = scenario;
    const second = await openNamespace({ mode: "RESTORE", name: "second", dataDir, repository });
    const round = async () => {
      await untilEqual(second, readState(scenario.sourceDir));
      const [before, beforeSecond] = [readState(scenario.dataDir), readState(dataDir)];
      const wanted = await scenario.publishNext();
      for (const instance of [scenario.instance, second]) instance.signal("SIGUSR1");
      assertLocalUnchanged(before, await untilEqual(scenario.instance, wanted));
      assertLocalUnchanged(beforeSecond, await untilEqual(second, wanted));
      return undefined;
    };
    const close = async () => {
      await second.kill();
      await scenario.close();
    };
    return { round, close };
  },
};

const oneFolder: Fault = {
  group: 8,
  name: "a primary and a replica on one data folder",
  checked: "the second is refused with exit code 1, the first one's Kuma runs on, no row changed",
  rounds: few,
  roundsPerStage: 10,
  open: async (folder) => {
    const scenario = await openReplicaScenario(folder);
    const round = async () => {
      const before = readState(scenario.dataDir);
      const pid = scenario.instance.kumaPid();
      const { dataDir, repository } = scenario;
      const intruder = await openNamespace({ mode: "BACKUP", name: "intruder", dataDir, repository });
      const code = await intruder.ended();
      assertInvariant(code === 1, `the second ended with ${code}`);
      assertInvariant(intruder.output().includes("instance-running"), "the second did not say why");
      assertInvariant(scenario.instance.kumaPid() === pid, "the first one's Kuma was disturbed");
      assertUnchanged(dataDir, before);
      return undefined;
    };
    return { round, close: scenario.close };
  },
};

export const togetherFaults: readonly Fault[] = [clockSetBack, twoReplicas, oneFolder];
