import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assertLocalUnchanged, assertUnchanged, readState } from "../../support/database-state.ts";
import { assertInvariant } from "../../support/invariant.ts";
import { never } from "../../support/repository.ts";
import {
  openPrimaryScenario,
  openReplicaScenario,
  type PrimaryScenario,
  type ReplicaScenario,
} from "../../support/scenarios.ts";
import type { Fault } from "../fault.ts";

/** What becomes of state.json; gives what mends it where it does not mend itself. */
const SPOILS: Readonly<Record<string, (file: string) => (() => void) | undefined>> = {
  // It may be missing already: a replica writes it at a start and when there is something to note.
  missing: (file) => void rmSync(file, { force: true }),
  empty: (file) => void writeFileSync(file, ""),
  garbage: (file) => void writeFileSync(file, Buffer.alloc(3_000, 0xfe)),
  "from a newer version": (file) =>
    void writeFileSync(file, JSON.stringify({ format: 99, instanceId: "x", new: [] })),
  "cut off": (file) => void writeFileSync(file, readFileSync(file).subarray(0, 200)),
  "not writable": (file) => {
    rmSync(file);
    mkdirSync(join(file, "in the way"), { recursive: true });
    return () => rmSync(file, { recursive: true });
  },
};
const NAMES = Object.keys(SPOILS);
const rounds = (asked: number) => Math.max(NAMES.length, Math.min(asked, 5 * NAMES.length));

const primary: Fault = {
  group: 6,
  name: `a primary's state file ${NAMES.join(", ")}`,
  checked:
    "Kuma runs, no row changed, it knows its snapshot again, nothing is published twice; then it publishes",
  rounds,
  roundsPerStage: 30,
  open: async (folder) => {
    const scenario = await openPrimaryScenario(folder);
    return {
      round: (_random, index) => spoilPrimary(scenario, NAMES[index % NAMES.length] ?? ""),
      close: scenario.close,
    };
  },
};

async function spoilPrimary(scenario: PrimaryScenario, name: string): Promise<undefined> {
  const before = readState(scenario.dataDir);
  const published = await countSnapshots(scenario);
  await scenario.instance.kill();
  const mend = SPOILS[name]?.(join(scenario.dataDir, "replicator", "state.json"));
  await scenario.start();
  await scenario.instance.untilLogged("kuma-ready");
  await scenario.instance.outcome(0);
  const warned = scenario.instance.events().some(({ type }) => type === "warning");
  assertInvariant(warned || name === "missing", `${name}: nothing was reported`);
  assertInvariant(
    (await countSnapshots(scenario)) === published,
    `${name}: published once more without a change`,
  );
  assertUnchanged(scenario.dataDir, before);
  mend?.();

  const after = scenario.editNext();
  await scenario.publishNow();
  assertUnchanged(scenario.dataDir, after);
  return undefined;
}

async function countSnapshots({ author }: PrimaryScenario): Promise<number> {
  const listed = await author.repository.list(never);
  assertInvariant(listed.ok, "the repository cannot be listed");
  return listed.value.length;
}

const replica: Fault = {
  group: 6,
  name: `a replica's state file ${NAMES.join(", ")}`,
  checked: "Kuma runs, other tables, it converges at the start and on the next snapshot",
  rounds,
  roundsPerStage: 30,
  open: async (folder) => {
    const scenario = await openReplicaScenario(folder);
    return {
      round: (_random, index) => spoilReplica(scenario, NAMES[index % NAMES.length] ?? ""),
      close: scenario.close,
    };
  },
};

async function spoilReplica(scenario: ReplicaScenario, name: string): Promise<undefined> {
  const before = readState(scenario.dataDir);
  await scenario.instance.kill();
  const mend = SPOILS[name]?.(join(scenario.dataDir, "replicator", "state.json"));
  await scenario.start();
  assertLocalUnchanged(before, await scenario.converge());
  await scenario.publishNext();
  scenario.instance.signal("SIGUSR1");
  assertLocalUnchanged(before, await scenario.converge());
  mend?.();
  return undefined;
}

export const stateFaults: readonly Fault[] = [primary, replica];
