import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readKumaVersion } from "../../../src/kuma/index.ts";
import { contentHash } from "../../../src/snapshot/index.ts";
import {
  insistLocalUnchanged,
  insistNothingLost,
  insistUnchanged,
  insistWholly,
  look,
} from "../../support/database-state.ts";
import { ensureKuma } from "../../support/install/kuma.ts";
import { type Fault, insist } from "../../support/invariant.ts";
import {
  insistNoProcess,
  openPrimaryStage,
  openReplicaStage,
  type PrimaryStage,
  type ReplicaStage,
} from "../../support/scenarios.ts";
import { takeSnapshot } from "../../support/source-data.ts";
import type { Random } from "../random.ts";

/** How long a whole publish, apply or start takes here, a little more, milliseconds: kills are spread over it. */
const SPAN = { publish: 800, apply: 1_100, start: 1_500 };

export const killWhileApplying: Fault = {
  group: 1,
  name: "SIGKILL of the supervisor and all below it, while applying",
  checked: "integrity, rows old or new as a whole, other tables, convergence, no process",
  rounds: (asked) => asked,
  roundsPerStage: 25,
  open: async (folder) => {
    const stage = await openReplicaStage(folder);
    return { round: (random) => killApply(stage, random), close: stage.close };
  },
};

const LOCAL = ["user", "api_key", "setting", "heartbeat"];

export const killRealKuma: Fault = {
  group: 1,
  name: "the same while applying, with a real Uptime Kuma",
  checked: "integrity, rows old or new as a whole, accounts, settings, history, convergence, no process",
  rounds: (asked) => (asked < 10 ? 1 : Math.min(Math.ceil(asked / 10), 20)),
  isSlow: true,
  roundsPerStage: 10,
  open: async (folder) => {
    const kumaDir = await ensureKuma();
    const env = { KUMA_DIR: kumaDir, KUMA_COMMAND: "", REPLICATOR_PROOF_WINDOW: "1s" };
    const stage = await openReplicaStage(folder, { env, kumaVersion: readKumaVersion(kumaDir) });
    return { round: (random) => killRealApply(stage, random), close: stage.close };
  },
};

async function killRealApply(stage: ReplicaStage, random: Random): Promise<string> {
  const before = look(stage.dataDir);
  const after = await stage.publishNext();
  stage.box.signal("SIGUSR1");
  await sleep(random.below(9_000));
  await stage.box.kill();
  insistNoProcess(stage.dataDir);
  const now = look(stage.dataDir);
  const which = insistWholly(now, { before, after });
  insistNothingLost(before, now, LOCAL);
  await stage.start();
  insistNothingLost(before, await stage.converge(), LOCAL);
  return which === "before" ? "before" : now.proven ? "after, proven" : "after, not proven yet";
}

async function killApply(stage: ReplicaStage, random: Random): Promise<string> {
  const before = look(stage.dataDir);
  const during = random.pick(["apply", "start"]);
  if (during === "start") await stage.box.kill();
  const after = await stage.publishNext();
  if (during === "start") await stage.start();
  else stage.box.signal("SIGUSR1");
  // Now and then the recovery is killed, too.
  let hit = "";
  for (let times = random.chance(0.25) ? 2 : 1; times > 0; times -= 1) {
    await sleep(random.below(SPAN[during]));
    await stage.box.kill();
    insistNoProcess(stage.dataDir);
    const now = look(stage.dataDir);
    const which = insistWholly(now, { before, after });
    hit = which === "before" ? "before" : now.proven ? "after, proven" : "after, not proven yet";
    insistLocalUnchanged(before, now);
    await stage.start();
  }
  insistLocalUnchanged(before, await stage.converge());
  return hit;
}

export const killWhilePublishing: Fault = {
  group: 1,
  name: "SIGKILL of the supervisor and all below it, while publishing",
  checked:
    "integrity, no row changed, the repository's latest is what Kuma holds after the next start, no process",
  rounds: (asked) => asked,
  roundsPerStage: 25,
  open: async (folder) => {
    const stage = await openPrimaryStage(folder);
    return { round: (random) => killPublish(stage, random), close: stage.close };
  },
};

async function killPublish(stage: PrimaryStage, random: Random): Promise<string> {
  const before = stage.editNext();
  const during = random.pick(["publish", "start"]);
  if (during === "start") {
    await stage.box.kill();
    await stage.start();
  } else stage.box.signal("SIGUSR1");
  await sleep(random.below(SPAN[during]));
  await stage.box.kill();
  insistNoProcess(stage.dataDir);
  insistSame(stage, before);
  const { published, publishing } = readState(stage.dataDir);
  await stage.start();
  await stage.converge();
  insistSame(stage, before);
  if (publishing !== undefined) return "in restic";
  const isNoted = published?.contentHash === contentHash(takeSnapshot(stage.dataDir).content);
  return isNoted ? "published" : "before restic";
}

function readState(dataDir: string): { published?: { contentHash: string }; publishing?: string } {
  return JSON.parse(readFileSync(join(dataDir, "replicator", "state.json"), "utf8"));
}

function insistSame(stage: PrimaryStage, before: ReturnType<typeof look>): void {
  const now = insistUnchanged(stage.dataDir, before);
  insist(now.icon === before.icon, "the icon changed on the primary");
}
