import { join } from "node:path";
import { decodeSnapshot } from "../../src/snapshot/index.ts";
import { type DatabaseState, differing, readState } from "./database-state.ts";
import { LabError } from "./install/lab-error.ts";
import { assertInvariant, InvariantViolation } from "./invariant.ts";
import { processesOf } from "./processes.ts";
import { type Author, createAuthor, makeRepository, never } from "./repository.ts";
import { change, edit, fillData, takeSnapshot } from "./source-data.ts";
import { type NamespaceOptions, openNamespace, type SupervisorNamespace } from "./supervisor-namespace.ts";
import { PATIENCE, waitFor } from "./wait.ts";

type InstanceChange = Partial<Pick<NamespaceOptions, "env" | "repository">>;

interface ScenarioOptions extends InstanceChange {
  /** Whose database it begins with. */
  readonly kumaVersion?: string;
}

/** A replica that stands on the latest snapshot, and a primary of our making that publishes into its repository. */
export interface ReplicaScenario {
  readonly repository: string;
  readonly dataDir: string;
  /** The data folder that all snapshots are taken from. */
  readonly sourceDir: string;
  readonly author: Author;
  /** The replica's instance, of its present life. */
  instance: SupervisorNamespace;
  /** A person edits on the primary; gives the new version's look once it is published. */
  publishNext(): Promise<DatabaseState>;
  /** Publishes the source data as it is. */
  publish(): Promise<void>;
  /** A new life of the replica. */
  start(options?: InstanceChange): Promise<SupervisorNamespace>;
  /**
   * Waits until the replica holds what the source data holds, and Kuma was seen running with it; gives its look.
   * @param wanted the look of the source data, where it is known
   */
  converge(wanted?: DatabaseState): Promise<DatabaseState>;
  close(): Promise<void>;
}

export async function openReplicaScenario(
  folder: string,
  { kumaVersion, ...options }: ScenarioOptions = {},
): Promise<ReplicaScenario> {
  const repository = join(folder, "repository");
  const sourceDir = join(folder, "source");
  const dataDir = join(folder, "replica");
  await makeRepository(repository);
  fillData(sourceDir, kumaVersion);
  fillData(dataDir, kumaVersion);
  change(dataDir, ["UPDATE setting SET value = '\"the replica''s own\"' WHERE key = 'primaryBaseURL'"]);
  const author = createAuthor(repository, "source");
  let version = 0;

  const scenario: ReplicaScenario = {
    repository,
    dataDir,
    sourceDir,
    author,
    instance: undefined as unknown as SupervisorNamespace,
    publishNext: async () => {
      version += 1;
      edit(sourceDir, version);
      await scenario.publish();
      return readState(sourceDir);
    },
    publish: async () => {
      await author.publish(takeSnapshot(sourceDir));
    },
    start: async (more = {}) => {
      scenario.instance = await openNamespace({
        mode: "RESTORE",
        name: "replica",
        dataDir,
        repository,
        ...options,
        ...more,
      });
      return scenario.instance;
    },
    converge: async (wanted = readState(sourceDir)) => {
      await scenario.instance.untilLogged("kuma-ready");
      // To look takes long, and would slow down what is looked at.
      await scenario.instance.outcome(0);
      return untilEqual(scenario.instance, wanted);
    },
    close: () => scenario.instance.kill(),
  };
  await scenario.publishNext();
  await scenario.start();
  await scenario.converge();
  return scenario;
}

/** Waits until the instance's database holds the wanted rows, proven, and its Kuma runs. */
export async function untilEqual(
  instance: SupervisorNamespace,
  wanted: DatabaseState,
  timeout = PATIENCE,
): Promise<DatabaseState> {
  let now: DatabaseState | undefined;
  const isEqual = () => {
    now = readState(instance.dataDir);
    const settled = now.proven !== false && differing(now, wanted).length === 0 && now.icon === wanted.icon;
    return settled && instance.kumaPid() !== undefined ? now : undefined;
  };
  return waitFor("convergence", isEqual, { timeout, every: 40 }).catch((error) => {
    // Anything but the end of the time is the harness's own, and is to be seen as what it is.
    if (!(error instanceof LabError)) throw error;
    const differences = now
      ? differing(now, wanted).join(", ") || `proven: ${now.proven}, icon: ${now.icon}`
      : "";
    throw new InvariantViolation(
      `did not converge within ${timeout} ms: ${differences}\n${instance.output().slice(-3_000)}`,
    );
  });
}

/** After everything was killed: nothing of it lives. */
export function assertNoProcess(dataDir: string): void {
  const left = processesOf(dataDir);
  assertInvariant(
    left.length === 0,
    `processes left: ${left.map(({ command }) => command.join(" ")).join("; ")}`,
  );
}

/** A primary that has published all it holds. */
export interface PrimaryScenario {
  readonly repository: string;
  readonly dataDir: string;
  readonly author: Author;
  instance: SupervisorNamespace;
  /** A person edits; gives what the database then holds. */
  editNext(): DatabaseState;
  start(options?: InstanceChange): Promise<SupervisorNamespace>;
  /** Waits for a cycle of this life that went well, and insists that the repository's latest is what Kuma holds. */
  converge(from?: number): Promise<void>;
  /** Wakes it for a cycle, and converges by that. */
  publishNow(): Promise<void>;
  close(): Promise<void>;
}

export async function openPrimaryScenario(
  folder: string,
  options: InstanceChange = {},
): Promise<PrimaryScenario> {
  const repository = join(folder, "repository");
  const dataDir = join(folder, "primary");
  await makeRepository(repository);
  fillData(dataDir);
  const author = createAuthor(repository, "observer");
  let version = 0;
  const scenario: PrimaryScenario = {
    repository,
    dataDir,
    author,
    instance: undefined as unknown as SupervisorNamespace,
    editNext: () => {
      version += 1;
      edit(dataDir, version);
      return readState(dataDir);
    },
    start: async (more = {}) => {
      scenario.instance = await openNamespace({
        mode: "BACKUP",
        name: "primary",
        dataDir,
        repository,
        ...options,
        ...more,
      });
      return scenario.instance;
    },
    converge: async (from = 0) => {
      const isDone = () =>
        scenario.instance
          .events()
          .slice(from)
          .some(({ type }) => type === "published" || type === "unchanged") || undefined;
      await waitFor("a cycle", isDone, { every: 20 }).catch(() => {
        throw new InvariantViolation(
          `the primary does not publish\n${scenario.instance.output().slice(-3_000)}`,
        );
      });
      await assertPublished(author, dataDir);
    },
    publishNow: () => {
      const from = scenario.instance.events().length;
      scenario.instance.signal("SIGUSR1");
      return scenario.converge(from);
    },
    close: () => scenario.instance.kill(),
  };
  await scenario.start();
  await scenario.converge();
  return scenario;
}

/** Insists that the repository's latest snapshot holds, row by row, what the database holds. */
async function assertPublished(author: Author, dataDir: string): Promise<void> {
  const latest = await readLatest(author);
  const wanted = takeSnapshot(dataDir).content;
  for (const table of wanted.tables) {
    const theirs = latest.content.tables.find(({ name }) => name === table.name);
    assertInvariant(theirs !== undefined, `the latest snapshot has no table ${table.name}`);
    const text = (rows: unknown) =>
      JSON.stringify(rows, (_key, value) => (typeof value === "bigint" ? `${value}n` : value));
    assertInvariant(
      text([theirs.columns, theirs.rows]) === text([table.columns, table.rows]),
      `table ${table.name} of the latest snapshot is not what the primary holds`,
    );
  }
}

/** The latest whole snapshot. */
async function readLatest(author: Author) {
  const listed = await author.repository.list(never);
  assertInvariant(listed.ok, `the repository cannot be listed: ${listed.ok ? "" : listed.problem.message}`);
  const latest = listed.value.at(-1);
  assertInvariant(latest !== undefined, "the repository is empty");
  const bytes = await author.repository.download(latest.id, never);
  assertInvariant(bytes.ok, `the latest snapshot cannot be read: ${bytes.ok ? "" : bytes.problem.message}`);
  const decoded = decodeSnapshot(bytes.value);
  assertInvariant(
    decoded.ok,
    `the latest snapshot is not whole: ${decoded.ok ? "" : decoded.problem.message}`,
  );
  return decoded.value;
}
