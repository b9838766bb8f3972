import { InvalidArgumentError } from "commander";
import { shortId } from "../format.ts";
import { chooseLatest, isSameSnapshot } from "../replication/index.ts";
import type { SnapshotInfo } from "../repository/index.ts";
import { success } from "../result.ts";
import { countChanges, describeChanges, fingerprint, type Snapshot } from "../snapshot/index.ts";
import { EXIT, EXIT_HELP, newCommand, withConfig } from "./command.ts";
import { download, listSnapshots, openSources, type Sources } from "./sources.ts";
import { formatTime, printJson, printLine, relative, table } from "./terminal.ts";

const DEFAULT_LIMIT = 10;

const HELP = `
Lists the snapshots in the repository, the latest first: id, time, age, the instance that
published it, its version of Uptime Kuma, the number of rows, and what changed since the one
before. The last three need a download of each snapshot shown (about half a second each);
--quick leaves them out. The star marks the latest one, which replicas apply.
${EXIT_HELP.replace(/\n {2}3 .*/, "")}

Examples:
  docker exec kuma replicator-kuma snapshots
  docker exec kuma replicator-kuma snapshots --limit 50 --quick`;

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

export function snapshotsCommand() {
  return newCommand("snapshots", "List the snapshots in the repository, with what each one changed.", HELP)
    .option("-n, --limit <count>", "how many to show", toCount, DEFAULT_LIMIT)
    .option("--quick", "only what is known without downloading them")
    .option("--json", "for programs")
    .action(({ limit, quick, json }: { limit: number; quick?: boolean; json?: boolean }) =>
      withConfig(async (config) => {
        const sources = openSources(config);
        const listed = await listSnapshots(sources);
        if (!listed.ok) return listed;
        const entries = await describeAll(sources, listed.value, limit, quick ?? false);
        if (json) printJson(entries);
        else if (entries.length === 0) printLine("There is no snapshot in the repository yet.");
        else printLine(toTable(entries));
        return success(EXIT.ok);
      }),
    );
}

function toCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError("Not a number from 1 on.");
  return count;
}

/** The latest first. One snapshot is fetched at a time, and two are in memory. */
async function describeAll(
  sources: Sources,
  snapshots: readonly SnapshotInfo[],
  limit: number,
  quick: boolean,
): Promise<Entry[]> {
  const latest = chooseLatest(snapshots);
  const shown = snapshots.slice(-limit).reverse();
  const entries: Entry[] = [];
  let next: { id: string; snapshot: Snapshot | undefined } | undefined;
  for (const info of shown) {
    const entry = {
      id: info.id,
      time: new Date(info.time).toISOString(),
      instance: info.instanceName,
      latest: info.id === latest?.id,
      parent: info.parent ?? null,
      generation: info.generation,
    };
    if (quick) {
      entries.push(entry);
      continue;
    }
    const own = next?.id === info.id ? success(next.snapshot) : await download(sources, info);
    const parent = snapshots.find(({ id }) => info.parent !== undefined && isSameSnapshot(id, info.parent));
    const former = own.ok && parent ? await download(sources, parent) : undefined;
    next = parent && former?.ok ? { id: parent.id, snapshot: former.value } : undefined;
    entries.push(
      own.ok && own.value
        ? { ...entry, ...describe(own.value, info, former?.ok ? former.value : undefined) }
        : { ...entry, problem: own.ok ? "" : own.problem.message },
    );
  }
  return entries;
}

function describe({ origin, content }: Snapshot, info: SnapshotInfo, former: Snapshot | undefined) {
  const rows = content.tables.reduce((sum, each) => sum + each.rows.length, 0);
  const unknown = info.parent === undefined ? "the first" : "the one before is gone";
  const changes = former
    ? describeChanges(countChanges(fingerprint(former.content), fingerprint(content)))
    : unknown;
  return { kumaVersion: origin.kumaVersion, rows, changes };
}

function toTable(entries: readonly Entry[]): string {
  return table(
    entries.map(({ id, time, instance, latest, kumaVersion, rows, changes, problem }) => [
      `${shortId(id)}${latest ? "*" : ""}`,
      formatTime(Date.parse(time)),
      relative(Date.parse(time)),
      instance,
      kumaVersion ?? "–",
      rows === undefined ? "–" : String(rows),
      problem ?? changes ?? "–",
    ]),
    ["id", "time", "age", "instance", "kuma", "rows", "what changed"],
  );
}
