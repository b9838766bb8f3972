import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ApplyWay } from "../../../src/config/index.ts";
import { contentHash } from "../../../src/snapshot/index.ts";
import {
  assertEqualsOneOf,
  assertLocalUnchanged,
  assertNothingLost,
  assertUnchanged,
  readState,
} from "../../support/database-state.ts";
import { assertInvariant } from "../../support/invariant.ts";
import { copyPatchedKuma } from "../../support/kuma/patched-kuma.ts";
import {
  assertNoProcess,
  openPrimaryScenario,
  openReplicaScenario,
  type PrimaryScenario,
  type ReplicaScenario,
} from "../../support/scenarios.ts";
import { takeSnapshot } from "../../support/source-data.ts";
import type { Fault } from "../fault.ts";
import { spanOf } from "../kill.ts";
import type { Random } from "../random.ts";

/** How long a cycle with something to do takes, and how long a start with it does, milliseconds. */
interface Spans {
  readonly cycle: number;
  readonly start: number;
}

const whileApplying = (way: ApplyWay): Fault => ({
  group: 1,
  name: `SIGKILL of the supervisor and all below it, while applying (${way})`,
  checked: "integrity, rows old or new as a whole, other tables, convergence, no process",
  rounds: (asked) => asked,
  roundsPerStage: 25,
  open: async (folder) => {
    const scenario = await openReplicaScenario(folder, { env: { REPLICATOR_APPLY: way } });
    const spans = await measureSpans(scenario, scenario.publishNext);
    return { round: (random) => killApply(scenario, spans, random), close: scenario.close };
  },
});

const LOCAL = ["user", "api_key", "setting", "heartbeat"];

const withRealKuma = (way: ApplyWay): Fault => ({
  group: 1,
  name: `the same while applying, with a real Uptime Kuma (${way})`,
  checked: "integrity, rows old or new as a whole, accounts, settings, history, convergence, no process",
  rounds: (asked) => (asked < 10 ? 1 : Math.min(Math.ceil(asked / 10), 20)),
  roundsPerStage: 10,
  open: async (folder) => {
    const kuma = await copyPatchedKuma();
    const env = {
      KUMA_DIR: kuma.dir,
      KUMA_COMMAND: "",
      REPLICATOR_PROOF_WINDOW: "1s",
      REPLICATOR_APPLY: way,
    };
    const scenario = await openReplicaScenario(folder, { env, kumaVersion: kuma.version });
    const close = async () => {
      await scenario.close();
      kuma.remove();
    };
    await scenario.publishNext();
    const span = await spanOf(() => scenario.instance.cycle());
    return { round: (random) => killRealApply(scenario, span, random), close };
  },
});

async function killRealApply(scenario: ReplicaScenario, span: number, random: Random): Promise<string> {
  const before = readState(scenario.dataDir);
  const after = await scenario.publishNext();
  scenario.instance.signal("SIGUSR1");
  await sleep(random.below(span));
  await scenario.instance.kill();
  assertNoProcess(scenario.dataDir);
  const now = readState(scenario.dataDir);
  const which = assertEqualsOneOf(now, { before, after });
  assertNothingLost(before, now, LOCAL);
  await scenario.start();
  assertNothingLost(before, await scenario.converge(after), LOCAL);
  return which === "before" ? "before" : now.proven ? "after, verified" : "after, not verified yet";
}

export const killWhileApplying: readonly Fault[] = [
  whileApplying("restart"),
  whileApplying("live"),
  withRealKuma("restart"),
  withRealKuma("live"),
];

/** @param edit makes something to do */
async function measureSpans(
  scenario: Pick<ReplicaScenario | PrimaryScenario, "instance" | "start">,
  edit: () => unknown,
): Promise<Spans> {
  await edit();
  const cycle = await spanOf(() => scenario.instance.cycle());
  await scenario.instance.kill();
  await edit();
  const start = await spanOf(async () => (await scenario.start()).outcome(0));
  return { cycle, start };
}

async function killApply(scenario: ReplicaScenario, spans: Spans, random: Random): Promise<string> {
  const before = readState(scenario.dataDir);
  let during = random.pick(["cycle", "start"]);
  if (during === "start") await scenario.instance.kill();
  const after = await scenario.publishNext();
  if (during === "start") await scenario.start();
  else scenario.instance.signal("SIGUSR1");
  // Now and then the recovery is killed, too.
  let hit = "";
  for (let times = random.chance(0.25) ? 2 : 1; times > 0; times -= 1) {
    await sleep(random.below(spans[during]));
    await scenario.instance.kill();
    assertNoProcess(scenario.dataDir);
    during = "start";
    const now = readState(scenario.dataDir);
    const which = assertEqualsOneOf(now, { before, after });
    hit = which === "before" ? "before" : now.proven ? "after, verified" : "after, not verified yet";
    assertLocalUnchanged(before, now);
    await scenario.start();
  }
  assertLocalUnchanged(before, await scenario.converge(after));
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
    const scenario = await openPrimaryScenario(folder);
    const spans = await measureSpans(scenario, scenario.editNext);
    return { round: (random) => killPublish(scenario, spans, random), close: scenario.close };
  },
};

async function killPublish(scenario: PrimaryScenario, spans: Spans, random: Random): Promise<string> {
  const before = scenario.editNext();
  const during = random.pick(["cycle", "start"]);
  if (during === "start") {
    await scenario.instance.kill();
    await scenario.start();
  } else scenario.instance.signal("SIGUSR1");
  await sleep(random.below(spans[during]));
  await scenario.instance.kill();
  assertNoProcess(scenario.dataDir);
  insistSame(scenario, before);
  const { published, publishing } = readStateFile(scenario.dataDir);
  await scenario.start();
  await scenario.converge();
  insistSame(scenario, before);
  if (publishing !== undefined) return "in restic";
  const isNoted = published?.contentHash === contentHash(takeSnapshot(scenario.dataDir).content);
  return isNoted ? "published" : "before restic";
}

function readStateFile(dataDir: string): { published?: { contentHash: string }; publishing?: string } {
  return JSON.parse(readFileSync(join(dataDir, "replicator", "state.json"), "utf8"));
}

function insistSame(scenario: PrimaryScenario, before: ReturnType<typeof readState>): void {
  const now = assertUnchanged(scenario.dataDir, before);
  assertInvariant(now.icon === before.icon, "the icon changed on the primary");
}
