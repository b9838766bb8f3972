import { join } from "node:path";
import { decodeSnapshot } from "../../src/snapshot/index.ts";
import { differing, type Look, look } from "./database-state.ts";
import { insist, Loss } from "./invariant.ts";
import { processesOf } from "./processes.ts";
import { change, edit, fillData, takeSnapshot } from "./source-data.ts";
import { type Box, type BoxOptions, openBox } from "./supervisor-namespace.ts";
import { type Author, createAuthor, makeRepository, never } from "./test-repository.ts";
import { waitFor } from "./wait.ts";

type BoxChange = Partial<Pick<BoxOptions, "env" | "repository">>;

interface StageOptions extends BoxChange {
  /** Whose database it begins with. */
  readonly kumaVersion?: string;
}

/** A replica that stands on the latest snapshot, and a primary of our making that publishes into its repository. */
export interface ReplicaStage {
  readonly repository: string;
  readonly dataDir: string;
  /** The data folder that all snapshots are taken from. */
  readonly truthDir: string;
  readonly author: Author;
  /** The replica's box, of its present life. */
  box: Box;
  /** A person edits on the primary; gives the new version's look once it is published. */
  publishNext(): Promise<Look>;
  /** Publishes the truth as it is. */
  publish(): Promise<void>;
  /** A new life of the replica. */
  start(options?: BoxChange): Promise<Box>;
  /**
   * Waits until the replica holds what the truth holds, and Kuma was seen running with it; gives its look.
   * @param wanted the look of the truth, where it is known
   */
  converge(wanted?: Look): Promise<Look>;
  close(): Promise<void>;
}

export async function openReplicaStage(
  folder: string,
  { kumaVersion, ...options }: StageOptions = {},
): Promise<ReplicaStage> {
  const repository = join(folder, "repository");
  const truthDir = join(folder, "truth");
  const dataDir = join(folder, "replica");
  await makeRepository(repository);
  fillData(truthDir, kumaVersion);
  fillData(dataDir, kumaVersion);
  change(dataDir, ["UPDATE setting SET value = '\"the replica''s own\"' WHERE key = 'primaryBaseURL'"]);
  const author = createAuthor(repository, "truth");
  let version = 0;

  const stage: ReplicaStage = {
    repository,
    dataDir,
    truthDir,
    author,
    box: undefined as unknown as Box,
    publishNext: async () => {
      version += 1;
      edit(truthDir, version);
      await stage.publish();
      return look(truthDir);
    },
    publish: async () => {
      await author.publish(takeSnapshot(truthDir));
    },
    start: async (more = {}) => {
      stage.box = await openBox({
        mode: "RESTORE",
        name: "replica",
        dataDir,
        repository,
        ...options,
        ...more,
      });
      return stage.box;
    },
    converge: async (wanted = look(truthDir)) => {
      await stage.box.told("kuma-ready");
      return untilEqual(stage.box, wanted);
    },
    close: () => stage.box.kill(),
  };
  await stage.publishNext();
  await stage.start();
  await stage.converge();
  return stage;
}

/** Waits until the box's database holds the wanted rows, proven, and its Kuma runs. */
export async function untilEqual(box: Box, wanted: Look, timeout = 120_000): Promise<Look> {
  let now: Look | undefined;
  const isEqual = () => {
    now = look(box.dataDir);
    const settled = now.proven !== false && differing(now, wanted).length === 0 && now.icon === wanted.icon;
    return settled && box.kumaPid() !== undefined ? now : undefined;
  };
  return waitFor("convergence", isEqual, { timeout, every: 40 }).catch((error) => {
    if (error instanceof Loss) throw error;
    const differences = now
      ? differing(now, wanted).join(", ") || `proven: ${now.proven}, icon: ${now.icon}`
      : "";
    throw new Loss(`did not converge within ${timeout} ms: ${differences}\n${box.output().slice(-3_000)}`);
  });
}

/** After everything was killed: nothing of it lives. */
export function insistNoProcess(dataDir: string): void {
  const left = processesOf(dataDir);
  insist(left.length === 0, `processes left: ${left.map(({ command }) => command.join(" ")).join("; ")}`);
}

/** A primary that has published all it holds. */
export interface PrimaryStage {
  readonly repository: string;
  readonly dataDir: string;
  readonly author: Author;
  box: Box;
  /** A person edits; gives what the database then holds. */
  editNext(): Look;
  start(options?: BoxChange): Promise<Box>;
  /** Waits for a cycle of this life that went well, and insists that the repository's latest is what Kuma holds. */
  converge(from?: number): Promise<void>;
  /** Wakes it for a cycle, and converges by that. */
  publishNow(): Promise<void>;
  close(): Promise<void>;
}

export async function openPrimaryStage(folder: string, options: BoxChange = {}): Promise<PrimaryStage> {
  const repository = join(folder, "repository");
  const dataDir = join(folder, "primary");
  await makeRepository(repository);
  fillData(dataDir);
  const author = createAuthor(repository, "observer");
  let version = 0;
  const stage: PrimaryStage = {
    repository,
    dataDir,
    author,
    box: undefined as unknown as Box,
    editNext: () => {
      version += 1;
      edit(dataDir, version);
      return look(dataDir);
    },
    start: async (more = {}) => {
      stage.box = await openBox({
        mode: "BACKUP",
        name: "primary",
        dataDir,
        repository,
        ...options,
        ...more,
      });
      return stage.box;
    },
    converge: async (from = 0) => {
      const isDone = () =>
        stage.box
          .events()
          .slice(from)
          .some(({ type }) => type === "published" || type === "unchanged") || undefined;
      await waitFor("a cycle", isDone, { timeout: 120_000, every: 20 }).catch(() => {
        throw new Loss(`the primary does not publish\n${stage.box.output().slice(-3_000)}`);
      });
      await insistPublished(author, dataDir);
    },
    publishNow: () => {
      const from = stage.box.events().length;
      stage.box.signal("SIGUSR1");
      return stage.converge(from);
    },
    close: () => stage.box.kill(),
  };
  await stage.start();
  await stage.converge();
  return stage;
}

/** Insists that the repository's latest snapshot holds, row by row, what the database holds. */
async function insistPublished(author: Author, dataDir: string): Promise<void> {
  const latest = await readLatest(author);
  const wanted = takeSnapshot(dataDir).content;
  for (const table of wanted.tables) {
    const theirs = latest.content.tables.find(({ name }) => name === table.name);
    insist(theirs !== undefined, `the latest snapshot has no table ${table.name}`);
    const text = (rows: unknown) =>
      JSON.stringify(rows, (_key, value) => (typeof value === "bigint" ? `${value}n` : value));
    insist(
      text([theirs.columns, theirs.rows]) === text([table.columns, table.rows]),
      `table ${table.name} of the latest snapshot is not what the primary holds`,
    );
  }
}

/** The latest whole snapshot. */
async function readLatest(author: Author) {
  const listed = await author.repository.list(never);
  insist(listed.ok, `the repository cannot be listed: ${listed.ok ? "" : listed.problem.message}`);
  const latest = listed.value.at(-1);
  insist(latest !== undefined, "the repository is empty");
  const bytes = await author.repository.download(latest.id, never);
  insist(bytes.ok, `the latest snapshot cannot be read: ${bytes.ok ? "" : bytes.problem.message}`);
  const decoded = decodeSnapshot(bytes.value);
  insist(decoded.ok, `the latest snapshot is not whole: ${decoded.ok ? "" : decoded.problem.message}`);
  return decoded.value;
}
