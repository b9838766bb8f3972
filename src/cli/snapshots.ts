import { InvalidArgumentError } from "commander";
import { nameChanges, outlineOf } from "../diff/index.ts";
import { shortId } from "../format.ts";
import type { BashSnapshot, SnapshotInfo } from "../repository/index.ts";
import { type Result, success } from "../result.ts";
import { countDifferences, describeChanges, type Snapshot } from "../snapshot/index.ts";
import { parentOf } from "./agreement.ts";
import { EXIT, type JsonOption, jsonOption, newCommand, READING_EXIT_CODES, withConfig } from "./command.ts";
import { during } from "./progress.ts";
import { download, latestOf, listSnapshots, openSources, type Sources } from "./sources.ts";
import { formatTime, printJson, printLine, printTable, relative } from "./terminal.ts";

const DEFAULT_LIMIT = 10;

interface Entry {
  readonly id: string;
  readonly time: string;
  readonly instance: string;
  /** Published by a bash version: it has no place in the chain. */
  readonly bash: boolean;
  readonly latest: boolean;
  readonly parent: string | null;
  /** Its place in the chain; a guess where an older release published it and its parents are gone. */
  readonly generation: number | null;
  readonly kumaVersion?: string;
  readonly rows?: number;
  readonly changes?: string;
  /** Why it could not be read. */
  readonly problem?: string;
}

interface Options extends JsonOption {
  readonly limit: number;
  readonly quick?: boolean;
}

export function snapshotsCommand() {
  return newCommand("snapshots", "List the snapshots in the repository, with what each one changed.", [
    "Lists the snapshots in the repository, the latest first: id, time, age, the instance that published it, its version of Uptime Kuma, the number of rows, and what changed since the one before. The last three need a download of each snapshot shown (about half a second each); --quick leaves them out. The star marks the latest one, which replicas apply. What a bash version of Replicator Kuma published is marked `bash`.",
    READING_EXIT_CODES,
    {
      title: "Examples",
      commands: [
        "docker exec kuma replicator-kuma snapshots",
        "docker exec kuma replicator-kuma snapshots --limit 50 --quick",
      ],
    },
  ])
    .option("-n, --limit <count>", "how many to show", toCount, DEFAULT_LIMIT)
    .option("--quick", "only what is known without downloading them")
    .addOption(jsonOption())
    .action(({ limit, quick = false, json }: Options) =>
      withConfig({ json }, async (config) => {
        const sources = openSources(config);
        const listed = await listSnapshots(sources);
        if (!listed.ok) return listed;
        const { snapshots, bash } = listed.value;
        const shown = [...bash, ...snapshots].slice(-limit).reverse();
        const latest = latestOf(listed.value);
        const known = shown.map((info) => describeInfo(info, latest?.id));
        const entries = quick
          ? known
          : await during("Reading the snapshots", () => readAll(sources, snapshots, shown, known));
        if (json) printJson(entries);
        else if (entries.length === 0) printLine("There is no snapshot in the repository yet.");
        else printTable(entries.map(toRow), HEAD);
        return success(EXIT.ok);
      }),
    );
}

function toCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError("Not a number from 1 on.");
  return count;
}

/** What is known of a snapshot without downloading it. */
function describeInfo(info: SnapshotInfo | BashSnapshot, latestId: string | undefined): Entry {
  const bash = "madeBy" in info;
  return {
    id: info.id,
    time: new Date(info.time).toISOString(),
    instance: info.instanceName,
    bash,
    latest: info.id === latestId,
    parent: bash ? null : (info.parent ?? null),
    generation: bash ? null : info.generation,
  };
}

/**
 * Adds to each entry what is in its snapshot, and what that changed. One snapshot is fetched at a time, and two are in
 * memory: a snapshot's parent is mostly the next one shown.
 * @param all of ours in the repository
 * @param shown those of the entries, in their order
 */
async function readAll(
  sources: Sources,
  all: readonly SnapshotInfo[],
  shown: readonly (SnapshotInfo | BashSnapshot)[],
  entries: readonly Entry[],
): Promise<Entry[]> {
  const read: Entry[] = [];
  let former: { readonly id: string; readonly snapshot: Result<Snapshot> } | undefined;
  for (const [index, entry] of entries.entries()) {
    const info = shown[index];
    if (info === undefined) break;
    const own = former?.id === info.id ? former.snapshot : await download(sources, info);
    const parent = "madeBy" in info ? undefined : parentOf(all, info);
    former = own.ok && parent ? { id: parent.id, snapshot: await download(sources, parent) } : undefined;
    read.push({ ...entry, ...describeContent(own, former?.snapshot, entry) });
  }
  return read;
}

/** @param former the snapshot before, where it is there */
function describeContent(
  snapshot: Result<Snapshot>,
  former: Result<Snapshot> | undefined,
  { parent, bash }: Entry,
): Partial<Entry> {
  if (!snapshot.ok) return { problem: snapshot.problem.message };
  const { origin, content } = snapshot.value;
  const unknown = parent === null ? "the first" : "the one before is gone";
  return {
    kumaVersion: origin.kumaVersion,
    rows: content.tables.reduce((sum, each) => sum + each.rows.length, 0),
    ...(bash ? {} : { changes: former?.ok ? describeBetween(former.value, snapshot.value) : unknown }),
  };
}

function describeBetween(before: Snapshot, after: Snapshot): string {
  const [old, now] = [before.content, after.content];
  return describeChanges(countDifferences(old, now), nameChanges(outlineOf(old), outlineOf(now)));
}

const HEAD = ["id", "time", "age", "instance", "kuma", "rows", "what changed"];

function toRow({ id, time, instance, bash, latest, kumaVersion, rows, changes, problem }: Entry): string[] {
  return [
    `${shortId(id)}${latest ? "*" : ""}`,
    formatTime(Date.parse(time)),
    relative(Date.parse(time)),
    bash ? `${instance} (bash)` : instance,
    kumaVersion ?? "–",
    rows === undefined ? "–" : String(rows),
    problem ?? changes ?? "–",
  ];
}
