import Database from "better-sqlite3";
import { type Result, success } from "../result.ts";
import type { Snapshot } from "../snapshot/index.ts";
import { DUMPED_TABLES, loadDump } from "./dump.ts";
import { EXPORTED_TABLES, loadExports } from "./exports.ts";
import { type BashSnapshotProblem, incomplete, invalid } from "./problems.ts";
import { readTables } from "./tables.ts";
import { type ArchivedFile, readTar } from "./tar.ts";
import type { ReadTask } from "./task.ts";

/**
 * What a bash version published as a snapshot of ours, or why it cannot be read. It speaks of fewer tables, and of no
 * uploaded files (`Content.omits`). To be called in a process of its own: see run.ts.
 */
export function convert(
  bytes: Uint8Array,
  { form, ...provenance }: ReadTask,
): Result<Snapshot, BashSnapshotProblem> {
  const found = form === "dump" ? { dump: decode(bytes), exports: new Map() } : findFiles(readTar(bytes));
  if (found === undefined) return incomplete("what restic gave of it is cut off");
  const { dump, exports } = found;
  if (dump === undefined && exports.size === 0)
    return incomplete(
      "it has neither a backup.sql nor a folder sqlite_exports or mysql_exports with CSV files",
    );
  const db = new Database(":memory:");
  try {
    db.defaultSafeIntegers(true);
    // Rows come in the order of the dump's tables, children before their parents.
    db.pragma("foreign_keys = OFF");
    const loaded = dump === undefined ? loadExports(db, exports) : loadDump(db, dump);
    if (!loaded.ok) return loaded;
    const content = readTables(db, dump === undefined ? EXPORTED_TABLES : DUMPED_TABLES);
    if (!content.ok) return content;
    const kumaVersion = dump === undefined ? "2.x" : "1.23.x";
    return success({ origin: { ...provenance, kumaVersion, instanceId: "bash" }, content: content.value });
  } catch {
    return invalid("SQLite cannot read its tables");
  } finally {
    db.close();
  }
}

interface Found {
  readonly dump: string | undefined;
  /** Table to the text of its CSV file. */
  readonly exports: ReadonlyMap<string, string>;
}

/** At any depth: the first snapshot of the version for Uptime Kuma 2 has its folders under their whole path. */
function findFiles(archived: readonly ArchivedFile[] | undefined): Found | undefined {
  if (archived === undefined) return undefined;
  const exports = archived.flatMap(({ name, bytes }): [string, string][] => {
    const table = /(?:^|\/)(?:sqlite|mysql)_exports\/([a-z_]+)\.csv$/.exec(name)?.[1];
    return table === undefined ? [] : [[table, decode(bytes)]];
  });
  const dump = archived.find(({ name }) => /(?:^|\/)backup\.sql$/.test(name))?.bytes;
  return { dump: dump && decode(dump), exports: new Map(exports) };
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}
