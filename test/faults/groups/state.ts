import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { insistLocalUnchanged, insistUnchanged, look } from "../../support/database-state.ts";
import { type Fault, insist } from "../../support/invariant.ts";
import {
  openPrimaryStage,
  openReplicaStage,
  type PrimaryStage,
  type ReplicaStage,
} from "../../support/scenarios.ts";
import { never } from "../../support/test-repository.ts";

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
    const stage = await openPrimaryStage(folder);
    return {
      round: (_random, index) => spoilPrimary(stage, NAMES[index % NAMES.length] ?? ""),
      close: stage.close,
    };
  },
};

async function spoilPrimary(stage: PrimaryStage, name: string): Promise<undefined> {
  const before = look(stage.dataDir);
  const published = await countSnapshots(stage);
  await stage.box.kill();
  const mend = SPOILS[name]?.(join(stage.dataDir, "replicator", "state.json"));
  await stage.start();
  await stage.box.told("kuma-ready");
  await stage.box.outcome(0);
  const warned = stage.box.events().some(({ type }) => type === "warning");
  insist(warned || name === "missing", `${name}: nobody was told`);
  insist((await countSnapshots(stage)) === published, `${name}: published once more without a change`);
  insistUnchanged(stage.dataDir, before);
  mend?.();

  const after = stage.editNext();
  await stage.publishNow();
  insistUnchanged(stage.dataDir, after);
  return undefined;
}

async function countSnapshots({ author }: PrimaryStage): Promise<number> {
  const listed = await author.repository.list(never);
  insist(listed.ok, "the repository cannot be listed");
  return listed.value.length;
}

const replica: Fault = {
  group: 6,
  name: `a replica's state file ${NAMES.join(", ")}`,
  checked: "Kuma runs, other tables, it converges at the start and on the next snapshot",
  rounds,
  roundsPerStage: 30,
  open: async (folder) => {
    const stage = await openReplicaStage(folder);
    return {
      round: (_random, index) => spoilReplica(stage, NAMES[index % NAMES.length] ?? ""),
      close: stage.close,
    };
  },
};

async function spoilReplica(stage: ReplicaStage, name: string): Promise<undefined> {
  const before = look(stage.dataDir);
  await stage.box.kill();
  const mend = SPOILS[name]?.(join(stage.dataDir, "replicator", "state.json"));
  await stage.start();
  insistLocalUnchanged(before, await stage.converge());
  await stage.publishNext();
  stage.box.signal("SIGUSR1");
  insistLocalUnchanged(before, await stage.converge());
  mend?.();
  return undefined;
}

export const stateFaults: readonly Fault[] = [primary, replica];
