import { chmodSync, readdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { assertLocalUnchanged, assertUnchanged, readState } from "../../support/database-state.ts";
import { assertInvariant } from "../../support/invariant.ts";
import { freePort } from "../../support/ports.ts";
import { restic } from "../../support/repository.ts";
import { type Mood, serveRepository } from "../../support/rest-server.ts";
import { openReplicaScenario, type ReplicaScenario } from "../../support/scenarios.ts";
import type { Fault } from "../fault.ts";

const CHECKED =
  "Kuma runs, rows old as a whole, other tables, reported with this code, converges once it is mended";

/** Longer than the 15 s that the repository may hold up Kuma's first start, milliseconds. */
const START_LIMIT = 30_000;

interface Begun {
  readonly env?: Record<string, string>;
  readonly mend?: () => void | Promise<void>;
}

interface Trouble {
  readonly name: string;
  readonly code: RegExp;
  /**
   * Brings the trouble about, and gives what the replica is started with and what mends it.
   * `packs` are the files of the snapshot that was published last.
   */
  readonly begin: (scenario: ReplicaScenario, packs: readonly string[]) => Promise<Begun>;
}

const TROUBLES: readonly Trouble[] = [
  {
    name: "away",
    code: /^repository-unreachable$/,
    begin: async () => ({ env: { RESTIC_REPOSITORY: `rest:http://127.0.0.1:${await freePort()}/` } }),
  },
  {
    name: "of another password",
    code: /^wrong-password$/,
    begin: async () => ({ env: { RESTIC_PASSWORD: "of-another-repository" } }),
  },
  {
    name: "that never answers",
    code: /^repository-timeout$/,
    begin: (scenario) => inMood(scenario, "silent"),
  },
  {
    name: "whose connection drops in the middle",
    code: /^repository-(timeout|unreachable|damaged)$/,
    begin: (scenario) => inMood(scenario, "drop"),
  },
  {
    name: "that misses a pack file",
    code: /^repository-(damaged|timeout)$/,
    begin: async (_stage, packs) =>
      spoil(
        packs,
        (file) => renameSync(file, `${file}.away`),
        (file) => renameSync(`${file}.away`, file),
      ),
  },
  {
    name: "with a truncated pack file",
    code: /^repository-(damaged|timeout)$/,
    begin: async (_stage, packs) => {
      const whole = new Map<string, Buffer>();
      return spoil(
        packs,
        (file) => {
          whole.set(file, readFileSync(file));
          truncateSync(file, 100);
        },
        (file) => writeFileSync(file, whole.get(file) ?? ""),
      );
    },
  },
];

const troubleFaults = TROUBLES.map(
  (trouble): Fault => ({
    group: 4,
    name: `a repository ${trouble.name}`,
    checked: CHECKED,
    rounds: (asked) => Math.max(1, Math.min(Math.ceil(asked / 40), 5)),
    roundsPerStage: 5,
    open: async (folder) => {
      const scenario = await openReplicaScenario(folder);
      return { round: () => startInTrouble(scenario, trouble), close: scenario.close };
    },
  }),
);

/** The replica starts in trouble: Kuma must come up with what it has. */
async function startInTrouble(scenario: ReplicaScenario, { begin, code }: Trouble): Promise<string> {
  const before = readState(scenario.dataDir);
  await scenario.instance.kill();
  const packs = listPacks(scenario.repository);
  await scenario.publishNext();
  const added = listPacks(scenario.repository).filter((file) => !packs.includes(file));
  const { env = {}, mend } = await begin(scenario, added);
  const instance = await scenario.start({ env });
  const reported = await instance.untilLogged("cycle-failed", { timeout: START_LIMIT });
  assertInvariant(
    code.test(reported.problem.code),
    `reported as ${reported.problem.code}: ${reported.problem.message}`,
  );
  await instance.untilLogged("kuma-ready", { timeout: START_LIMIT });
  assertUnchanged(scenario.dataDir, before);
  if (mend) await mend();
  if (mend === undefined || env.RESTIC_REPOSITORY !== undefined) {
    await instance.kill();
    await scenario.start();
  }
  assertLocalUnchanged(before, await scenario.converge());
  return reported.problem.code;
}

async function inMood(scenario: ReplicaScenario, mood: Mood) {
  const server = await serveRepository(scenario.repository);
  server.mood = mood;
  return { env: { RESTIC_REPOSITORY: server.url }, mend: server.close };
}

function listPacks(repository: string): string[] {
  return readdirSync(join(repository, "data"), { recursive: true, encoding: "utf8" })
    .filter((name) => /[0-9a-f]{64}$/.test(name))
    .map((name) => join(repository, "data", name));
}

function spoil(
  packs: readonly string[],
  spoilOne: (file: string) => void,
  mendOne: (file: string) => void,
): Begun {
  for (const file of packs) {
    chmodSync(file, 0o600);
    spoilOne(file);
  }
  return { mend: () => packs.forEach(mendOne) };
}

const readOnly: Fault = {
  group: 4,
  name: "a repository that a replica may only read",
  checked: "the replica converges, by restart and while running",
  rounds: (asked) => Math.max(1, Math.min(Math.ceil(asked / 40), 5)),
  roundsPerStage: 5,
  open: async (folder) => {
    const scenario = await openReplicaScenario(folder);
    const server = await serveRepository(scenario.repository);
    server.mood = "read-only";
    const close = async () => {
      await scenario.close();
      await server.close();
    };
    const round = async () => {
      await scenario.instance.kill();
      await scenario.publishNext();
      await scenario.start({ env: { RESTIC_REPOSITORY: server.url } });
      await scenario.converge();
      await scenario.publishNext();
      scenario.instance.signal("SIGUSR1");
      await scenario.converge();
      return "applied";
    };
    return { round, close };
  },
};

const foreign: Fault = {
  group: 4,
  name: "a snapshot of something else with our tag",
  checked: "left alone and not applied; the next of ours is",
  rounds: (asked) => Math.max(1, Math.min(Math.ceil(asked / 20), 10)),
  roundsPerStage: 10,
  open: async (folder) => {
    const scenario = await openReplicaScenario(folder);
    const round = async () => {
      const before = readState(scenario.dataDir);
      await restic(
        scenario.repository,
        ["backup", "-q", "--stdin", "--tag=replicator-kuma"],
        Buffer.from("a diary"),
      );
      const bare = await scenario.instance.cycle();
      assertInvariant(
        bare.type === "unchanged",
        `a snapshot with nothing but our tag: ${JSON.stringify(bare)}`,
      );
      const tags = `--tag=replicator-kuma,content:${"ab".repeat(32)},instance:x,parent:${scenario.author.head}`;
      await restic(
        scenario.repository,
        ["backup", "-q", "--stdin", "--stdin-filename=diary", tags],
        Buffer.from("a diary"),
      );
      const dressed = await scenario.instance.cycle();
      assertInvariant(
        dressed.type === "cycle-failed",
        `a snapshot of another file with all our tags: ${JSON.stringify(dressed)}`,
      );
      assertUnchanged(scenario.dataDir, before);
      await scenario.publishNext();
      scenario.instance.signal("SIGUSR1");
      await scenario.converge();
      return "refused";
    };
    return { round, close: scenario.close };
  },
};

export const repositoryFaults: readonly Fault[] = [...troubleFaults, readOnly, foreign];
