import { InvalidArgumentError } from "commander";
import { shortId } from "../format.ts";
import { chooseLatest } from "../replication/index.ts";
import type { SnapshotInfo } from "../repository/index.ts";
import { type Result, success } from "../result.ts";
import { countChanges, describeChanges, fingerprint, type Snapshot } from "../snapshot/index.ts";
import { parentOf } from "./agreement.ts";
import { EXIT, type JsonOption, jsonOption, newCommand, READING_EXIT_CODES, withConfig } from "./command.ts";
import { during } from "./progress.ts";
import { download, listSnapshots, openSources, type Sources } from "./sources.ts";
import { formatTime, printJson, printLine, printTable, relative } from "./terminal.ts";

const DEFAULT_LIMIT = 10;

interface Entry {
  readonly id: string;
  readonly time: string;
  readonly instance: string;
  readonly latest: boolean;
  readonly parent: string | null;
  /** Its place in the chain; a guess where an older release published it and its parents are gone. */
  readonly generation: number;
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
    "Lists the snapshots in the repository, the latest first: id, time, age, the instance that published it, its version of Uptime Kuma, the number of rows, and what changed since the one before. The last three need a download of each snapshot shown (about half a second each); --quick leaves them out. The star marks the latest one, which replicas apply.",
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
        const shown = listed.value.slice(-limit).reverse();
        const latest = chooseLatest(listed.value);
        const known = shown.map((info) => describeInfo(info, latest));
        const entries = quick
          ? known
          : await during("Reading the snapshots", () => readAll(sources, listed.value, shown, known));
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
function describeInfo(info: SnapshotInfo, latest: SnapshotInfo | undefined): Entry {
  return {
    id: info.id,
    time: new Date(info.time).toISOString(),
    instance: info.instanceName,
    latest: info.id === latest?.id,
    parent: info.parent ?? null,
    generation: info.generation,
  };
}

/**
 * Adds to each entry what is in its snapshot, and what that changed. One snapshot is fetched at a time, and two are in
 * memory: a snapshot's parent is mostly the next one shown.
 * @param all the repository's
 * @param shown those of the entries, in their order
 */
async function readAll(
  sources: Sources,
  all: readonly SnapshotInfo[],
  shown: readonly SnapshotInfo[],
  entries: readonly Entry[],
): Promise<Entry[]> {
  const read: Entry[] = [];
  let former: { readonly id: string; readonly snapshot: Result<Snapshot> } | undefined;
  for (const [index, entry] of entries.entries()) {
    const info = shown[index];
    if (info === undefined) break;
    const own = former?.id === info.id ? former.snapshot : await download(sources, info);
    const parent = parentOf(all, info);
    former = own.ok && parent ? { id: parent.id, snapshot: await download(sources, parent) } : undefined;
    read.push({ ...entry, ...describeContent(own, former?.snapshot, info.parent !== undefined) });
  }
  return read;
}

/** @param former the snapshot before, where it is there */
function describeContent(
  snapshot: Result<Snapshot>,
  former: Result<Snapshot> | undefined,
  hasParent: boolean,
): Partial<Entry> {
  if (!snapshot.ok) return { problem: snapshot.problem.message };
  const { origin, content } = snapshot.value;
  const unknown = hasParent ? "the one before is gone" : "the first";
  return {
    kumaVersion: origin.kumaVersion,
    rows: content.tables.reduce((sum, each) => sum + each.rows.length, 0),
    changes: former?.ok
      ? describeChanges(countChanges(fingerprint(former.value.content), fingerprint(content)))
      : unknown,
  };
}

const HEAD = ["id", "time", "age", "instance", "kuma", "rows", "what changed"];

function toRow({ id, time, instance, latest, kumaVersion, rows, changes, problem }: Entry): string[] {
  return [
    `${shortId(id)}${latest ? "*" : ""}`,
    formatTime(Date.parse(time)),
    relative(Date.parse(time)),
    instance,
    kumaVersion ?? "–",
    rows === undefined ? "–" : String(rows),
    problem ?? changes ?? "–",
  ];
}
