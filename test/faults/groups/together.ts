import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { insistLocalUnchanged, insistUnchanged, insistWholly, look } from "../../support/database-state.ts";
import { onPath } from "../../support/install/on-path.ts";
import { type Fault, insist } from "../../support/invariant.ts";
import { openPrimaryStage, openReplicaStage, untilEqual } from "../../support/scenarios.ts";
import { fillData } from "../../support/source-data.ts";
import { openBox } from "../../support/supervisor-namespace.ts";

const few = (asked: number) => Math.max(1, Math.min(Math.ceil(asked / 20), 10));

const clockSetBack: Fault = {
  group: 8,
  name: "clock of the primary set back a day, and right again",
  checked: "a replica takes each of its snapshots, though they look older than those before",
  rounds: few,
  roundsPerStage: 10,
  open: async (folder) => {
    const stage = await openPrimaryStage(folder);
    const dataDir = join(folder, "replica");
    fillData(dataDir);
    const { repository } = stage;
    const replica = await openBox({ mode: "RESTORE", name: "replica", dataDir, repository });
    const slowClock = { PATH: `${makeSlowRestic(folder)}:${process.env.PATH}` };
    const round = async () => {
      for (const env of [slowClock, {}]) {
        await stage.box.kill();
        await stage.start({ env });
        await stage.box.outcome(0);
        const wanted = stage.editNext();
        const told = await stage.box.cycle();
        insist(told.type === "published", `the primary did not publish: ${JSON.stringify(told)}`);
        replica.signal("SIGUSR1");
        await untilEqual(replica, wanted);
        insistWholly(look(stage.dataDir), { wanted });
      }
      return undefined;
    };
    const close = async () => {
      await replica.kill();
      await stage.close();
    };
    return { round, close };
  },
};

/** A restic whose backups bear yesterday's time, as on a machine whose clock is a day behind. */
function makeSlowRestic(folder: string): string {
  const bin = join(folder, "bin");
  mkdirSync(bin);
  const program = join(bin, "restic");
  writeFileSync(
    program,
    `#!/bin/sh
case $1 in
backup) shift; exec ${onPath("restic")} backup --time "$(date -d yesterday '+%Y-%m-%d %H:%M:%S')" "$@" ;;
esac
exec ${onPath("restic")} "$@"
`,
  );
  chmodSync(program, 0o755);
  return bin;
}

const twoReplicas: Fault = {
  group: 8,
  name: "two replicas that apply at once",
  checked: "both converge, other tables of each unchanged",
  rounds: few,
  roundsPerStage: 10,
  open: async (folder) => {
    const stage = await openReplicaStage(folder);
    const dataDir = join(folder, "second");
    fillData(dataDir);
    const { repository } = stage;
    const second = await openBox({ mode: "RESTORE", name: "second", dataDir, repository });
    const round = async () => {
      await untilEqual(second, look(stage.truthDir));
      const [before, beforeSecond] = [look(stage.dataDir), look(dataDir)];
      const wanted = await stage.publishNext();
      for (const box of [stage.box, second]) box.signal("SIGUSR1");
      insistLocalUnchanged(before, await untilEqual(stage.box, wanted));
      insistLocalUnchanged(beforeSecond, await untilEqual(second, wanted));
      return undefined;
    };
    const close = async () => {
      await second.kill();
      await stage.close();
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
    const stage = await openReplicaStage(folder);
    const round = async () => {
      const before = look(stage.dataDir);
      const pid = stage.box.kumaPid();
      const { dataDir, repository } = stage;
      const intruder = await openBox({ mode: "BACKUP", name: "intruder", dataDir, repository });
      const code = await intruder.ended();
      insist(code === 1, `the second ended with ${code}`);
      insist(intruder.output().includes("instance-running"), "the second did not say why");
      insist(stage.box.kumaPid() === pid, "the first one's Kuma was disturbed");
      insistUnchanged(dataDir, before);
      return undefined;
    };
    return { round, close: stage.close };
  },
};

export const togetherFaults: readonly Fault[] = [clockSetBack, twoReplicas, oneFolder];
